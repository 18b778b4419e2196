import { z } from 'zod';
import { sampling } from './affine-matrix.js';
import type { AugmentationDefinition } from './definition.js';
import { drawOperations, probabilityOf } from './pixel-draws.js';
import { type PolicyName, policyOperation, randomNames, wideSpace } from './policy-operations.js';

const LAST_BIN = 30;

const options = z.strictObject({
  kind: z.literal('trivial-augment'),
  ...sampling,
  probability: probabilityOf(1),
});

export const trivialAugment = {
  kind: 'trivial-augment',
  title: 'TrivialAugment (wide)',
  summary:
    'Applies one of 14 operations, drawn evenly, with one of 31 strengths, drawn evenly too: nothing to tune. Ranges are the wide ones, as in torchvision.',
  formula: null,
  paper: 'Müller and Hutter 2021, TrivialAugment: Tuning-free Yet State-of-the-Art, arXiv:2103.10158',
  whenToUse: 'For strong augmentation with nothing to tune: the first one to try.',
  conventions: "As torchvision's TrivialAugmentWide.",
  options,
  problems: () => [],
  draw: drawOperations((o: z.output<typeof options>, stream, image) => {
    const name = randomNames[stream.below(randomNames.length)] as PolicyName;
    const share = stream.below(LAST_BIN + 1) / LAST_BIN;
    const sign = stream.below(2) === 0 ? -1 : 1;
    return policyOperation(name)(wideSpace, { share, sign }, image, o);
  }),
} satisfies AugmentationDefinition<'trivial-augment', z.output<typeof options>>;
