import { z } from 'zod';
import { InitializerKind } from '../parameters.js';
import type { ArchitectureDefinition } from './definition.js';

const options = z.strictObject({ kind: z.literal('softmax-regression'), initializer: InitializerKind });

export const softmaxRegression = {
  kind: 'softmax-regression',
  title: 'Softmax regression',
  summary: 'One linear layer on the flattened pixels: the simplest classifier, and a convex problem.',
  formula: 'z = Wx + b',
  paper: null,
  whenToUse: 'As a baseline that any network must beat.',
  conventions: null,
  options,
  layers: () => [{ kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }],
} satisfies ArchitectureDefinition<'softmax-regression', z.output<typeof options>>;
