import { z } from 'zod';
import type { ResolvedLoss } from '../losses/index.js';
import type { SurfaceDefinition } from './definition.js';
import { lossAt, softmaxPlane } from './softmax.js';

const options = z.strictObject({ kind: z.literal('cross-entropy-softmax') });
const loss: ResolvedLoss = { kind: 'cross-entropy', labelSmoothing: 0, classWeights: null };

export const crossEntropySoftmax = {
  kind: 'cross-entropy-softmax',
  title: 'Cross-entropy behind softmax',
  summary: 'An even slope where the answer is wrong, however wrong it is.',
  formula: 'e = −ln softmax(y1, y2, −1000)₁',
  paper: null,
  options,
  ...softmaxPlane,
  value: (_, at) => lossAt(loss, at).value,
  gradient: (_, at) => lossAt(loss, at).gradient,
} satisfies SurfaceDefinition<'cross-entropy-softmax', z.output<typeof options>>;
