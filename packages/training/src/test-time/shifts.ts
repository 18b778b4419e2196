import { z } from 'zod';
import type { AugmentationDraws } from '../engine.js';
import { average, mirrored, type TestTimeDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('shifts'),
  pixels: z.int().min(1).max(64, 'at most 64').default(1).describe('How far the image moves'),
  flip: z.boolean().default(true).describe('Every shift also mirrored left–right'),
  average,
});

/** The window at [top, left] of the image padded by `pixels`, its border mirrored. */
function moved(pixels: number, at: number, samples: Int32Array): AugmentationDraws {
  const offsets = new Int32Array(2 * samples.length).fill(at);
  return { kind: 'random-crop', padding: pixels, mode: 'reflect', offsets };
}

export const shifts = {
  kind: 'shifts',
  title: 'Shifts and flip',
  summary:
    "Half of the mean is the image, half its shifts towards the lower right and the upper left; with its mirror images these are airbench's six views (TTA level 2).",
  formula: 'z = ½ g(x) + ¼ g(shift₊(x)) + ¼ g(shift₋(x)),  g(x) = ½ f(x) + ½ f(mirror(x))',
  paper: 'Jordan 2024, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, arXiv:2404.00498',
  whenToUse: 'For small images: six times the time.',
  conventions: null,
  options,
  problems: ({ pixels }, { height, width }) =>
    pixels < Math.min(height, width)
      ? []
      : [
          {
            path: ['pixels'],
            message: `must be less than the image's shorter side (${Math.min(height, width)})`,
          },
        ],
  views: ({ pixels, flip }) => {
    const places = [
      { weight: 0.5, move: (): AugmentationDraws[] => [] },
      { weight: 0.25, move: (samples: Int32Array) => [moved(pixels, 0, samples)] },
      { weight: 0.25, move: (samples: Int32Array) => [moved(pixels, 2 * pixels, samples)] },
    ];
    const plain = places.map(({ weight, move }) => ({ weight, draw: move }));
    if (!flip) return plain;
    return plain.flatMap(({ weight, draw }) => [
      { weight: weight / 2, draw },
      {
        weight: weight / 2,
        draw: (samples: Int32Array) => [...draw(samples), mirrored('horizontal-flip', samples)],
      },
    ]);
  },
} satisfies TestTimeDefinition<'shifts', z.output<typeof options>>;
