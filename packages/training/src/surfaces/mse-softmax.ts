import { z } from 'zod';
import type { ResolvedLoss } from '../losses/index.js';
import type { SurfaceDefinition } from './definition.js';
import { lossAt, softmaxPlane } from './softmax.js';

const options = z.strictObject({ kind: z.literal('mse-softmax') });
const loss: ResolvedLoss = { kind: 'mse' };

export const mseSoftmax = {
  kind: 'mse-softmax',
  title: 'Squared error behind softmax',
  summary: 'Flat where the answer is very wrong: why classifiers are not trained with squared error.',
  formula: 'e = Σ (softmax(y1, y2, −1000) − (1, 0, 0))²',
  paper: null,
  options,
  ...softmaxPlane,
  value: (_, at) => lossAt(loss, at).value,
  gradient: (_, at) => lossAt(loss, at).gradient,
} satisfies SurfaceDefinition<'mse-softmax', z.output<typeof options>>;
