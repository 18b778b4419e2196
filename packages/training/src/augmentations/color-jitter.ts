import { z } from 'zod';
import type { Operation } from '../operations/index.js';
import type { RandomStream } from '../random.js';
import type { AugmentationDefinition } from './definition.js';
import { between, drawOperations, probabilityOf } from './pixel-draws.js';

const strength = (what: string) =>
  z
    .number()
    .min(0)
    .max(9)
    .default(0.4)
    .describe(`The factor of the ${what} is drawn from 1 − this (at least 0) … 1 + this; 0 leaves it alone`);

const options = z.strictObject({
  kind: z.literal('color-jitter'),
  brightness: strength('brightness'),
  contrast: strength('contrast'),
  saturation: strength('saturation'),
  hue: z
    .number()
    .min(0)
    .max(0.5, 'at most 0.5: half of the colour circle either way is all of it')
    .default(0.1)
    .describe('Turn by up to this share of the colour circle, either way'),
  probability: probabilityOf(1),
});

type Factor = 'brightness' | 'contrast' | 'saturation';
const factors: Factor[] = ['brightness', 'contrast', 'saturation'];

/** In place, each order equally likely. */
function shuffle<T>(list: T[], stream: RandomStream): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

export const colorJitter = {
  kind: 'color-jitter',
  title: 'Color jitter',
  summary:
    "Changes brightness, contrast, saturation and hue, each by a random amount, in random order (torchvision's ColorJitter).",
  formula: null,
  paper: null,
  whenToUse: 'For colour photographs of several cameras and lights.',
  conventions:
    "As torchvision's ColorJitter: factors are drawn from 1 − b to 1 + b and the four changes come in random order.",
  options,
  problems: (o) =>
    o.brightness + o.contrast + o.saturation + o.hue > 0
      ? []
      : [{ path: [], message: 'changes nothing: brightness, contrast, saturation and hue are all 0' }],
  draw: drawOperations((o: z.output<typeof options>, stream) => {
    const changes: Operation[] = factors
      .filter((kind) => o[kind] > 0)
      .map((kind) => ({ kind, parameters: [between(stream, [Math.max(0, 1 - o[kind]), 1 + o[kind]])] }));
    if (o.hue > 0) changes.push({ kind: 'hue', parameters: [between(stream, [-o.hue, o.hue])] });
    return shuffle(changes, stream);
  }),
} satisfies AugmentationDefinition<'color-jitter', z.output<typeof options>>;
