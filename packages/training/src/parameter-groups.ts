import { z } from 'zod';
import type { ParameterGroup, ParameterRole, ParameterSpec } from './program.js';

/** What a parameter is for. The head is the last layer that has parameters, its bias included; the rest go by role. */
export const PARAMETER_CLASSES = ['convolution', 'linear', 'head', 'norm', 'bias'] as const;
export type ParameterClass = (typeof PARAMETER_CLASSES)[number];

const factor = z
  .number()
  .min(0)
  .max(1000, 'at most 1000: no network trains above it')
  .describe('Multiplies the learning rate of every step; 0 leaves the class as it starts');

export const ParameterGroups = z
  .strictObject({
    decayNormsAndBiases: z
      .boolean()
      .default(true)
      .describe(
        'Whether weight decay acts on biases and on scales and shifts of normalisations too (channel scales count as such)',
      ),
    learningRateFactors: z
      .strictObject({
        convolution: factor.optional(),
        linear: factor.optional(),
        head: factor.optional(),
        norm: factor.optional(),
        bias: factor.optional(),
      })
      .refine((factors) => PARAMETER_CLASSES.some((one) => factors[one] !== 0), {
        message: 'at least one above 0: nothing would be trained',
      })
      .prefault({})
      .describe(
        'By class of parameter, 1 where not given. head: weight and bias of the last layer that has parameters; convolution, linear: weights of the other layers, but for whitening filters, which are never trained; bias: their biases; norm: scales and shifts of normalisations',
      ),
  })
  .describe('Weight decay and learning rate by class of parameter; null: all parameters alike');
export type ParameterGroups = z.output<typeof ParameterGroups>;

const classOfRole: Record<ParameterRole, ParameterClass> = {
  'conv-weight': 'convolution',
  'linear-weight': 'linear',
  bias: 'bias',
  'norm-scale': 'norm',
  'norm-shift': 'norm',
};

const nodeOf = ({ name }: ParameterSpec): string => name.slice(0, name.lastIndexOf('.'));
const isWeight = ({ role }: ParameterSpec): boolean => role === 'conv-weight' || role === 'linear-weight';

/** Class of each parameter. */
export function parameterClasses(parameters: readonly ParameterSpec[]): ParameterClass[] {
  const last = parameters.findLast(isWeight);
  const head = last && nodeOf(last);
  return parameters.map((one) => (nodeOf(one) === head ? 'head' : classOfRole[one.role]));
}

/** Of whitening filters, whatever the options say. */
const FROZEN: ParameterGroup = { weightDecay: 0, learningRateFactor: 0 };

/** Sorts parameters into groups of one weight decay and one factor, in order of their first parameter. */
export function groupParameters(
  parameters: ParameterSpec[],
  weightDecay: number,
  options: ParameterGroups | null,
): { parameters: ParameterSpec[]; groups: ParameterGroup[] } {
  const classes = parameterClasses(parameters);
  const wantedBy = (parameter: ParameterSpec, i: number): ParameterGroup => {
    if (parameter.initializer.kind === 'whitening') return FROZEN;
    if (options === null) return { weightDecay, learningRateFactor: 1 };
    return {
      weightDecay: isWeight(parameter) || options.decayNormsAndBiases ? weightDecay : 0,
      learningRateFactor: options.learningRateFactors[classes[i] as ParameterClass] ?? 1,
    };
  };
  const groups: ParameterGroup[] = [];
  const grouped = parameters.map((parameter, i) => {
    const wanted = wantedBy(parameter, i);
    const known = groups.findIndex(
      (group) =>
        group.weightDecay === wanted.weightDecay && group.learningRateFactor === wanted.learningRateFactor,
    );
    return { ...parameter, group: known >= 0 ? known : groups.push(wanted) - 1 };
  });
  return { parameters: grouped, groups };
}
