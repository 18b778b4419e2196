import { z } from 'zod';
import { average, mirrored, type TestTimeDefinition } from './definition.js';

const options = z.strictObject({
  kind: z.literal('flips'),
  axes: z
    .enum(['horizontal', 'vertical', 'both'])
    .default('horizontal')
    .describe('Mirror left–right, top–bottom, or each alone and the two together'),
  average,
});

const axesOf = {
  horizontal: [[], ['horizontal-flip']],
  vertical: [[], ['vertical-flip']],
  both: [[], ['horizontal-flip'], ['vertical-flip'], ['horizontal-flip', 'vertical-flip']],
} as const;

export const flips = {
  kind: 'flips',
  title: 'Flips',
  summary:
    'The mean over the image and its mirror images. For things that may be mirrored: not for digits and letters.',
  formula: 'z = ½ f(x) + ½ f(mirror(x))',
  paper: 'Krizhevsky, Sutskever and Hinton 2012, ImageNet Classification with Deep Convolutional Networks',
  whenToUse: 'Wherever horizontal flips are right: twice the time, usually a few tenths of a percent.',
  conventions: null,
  options,
  problems: () => [],
  views: ({ axes }) =>
    axesOf[axes].map((mirrors, _, all) => ({
      weight: 1 / all.length,
      draw: (samples) => mirrors.map((kind) => mirrored(kind, samples)),
    })),
} satisfies TestTimeDefinition<'flips', z.output<typeof options>>;
