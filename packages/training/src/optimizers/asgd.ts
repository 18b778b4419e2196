import { z } from 'zod';
import { type OptimizerDefinition, rates } from './definition.js';

const rule = z.strictObject({
  kind: z.literal('asgd'),
  lambda: z
    .number()
    .min(0)
    .max(1, 'at most 1: it would shrink every weight to nothing')
    .default(1e-4)
    .describe(
      'λ: shrinks every parameter a little at each step, scales, shifts and biases too, and sets how fast the rate falls',
    ),
  alpha: z.number().min(0).max(1).default(0.75).describe('α: power by which the rate falls'),
  averageFrom: z
    .number()
    .min(0)
    .max(1e12, 'at most 1e12: no run has as many steps')
    .default(1e6)
    .describe(
      't₀: step after which the weights are averaged, and validation and models use the average; a run that does not reach it is one without an average',
    ),
});
const options = rule.extend(rates(0.01));

/**
 * SGD with a falling rate, whose weights are averaged as it goes. The network keeps training with the last weights;
 * validation and models use the average once it holds more than those.
 */
export const asgd = {
  kind: 'asgd',
  title: 'ASGD',
  summary: 'SGD with a rate that falls by itself, judged and exported with the average of all late weights.',
  formula: 'ηₜ = η / (1 + λη(t − 1))^α;  θ ← θ(1 − ληₜ) − ηₜg;  a ← a + (θ − a) / max(1, t − 1 − t₀)',
  paper: 'Polyak, Juditsky 1992, Acceleration of Stochastic Approximation by Averaging',
  whenToUse: 'For long runs at an almost constant rate, whose late weights are worth averaging.',
  conventions:
    'As PyTorch, with its t₀ of a million steps, more than most runs have: set averageFrom. There the average is kept beside the weights and used by nobody unless asked. λ decays all parameters, scales, shifts and biases too, whatever parameterGroups says. Keras has none.',
  decay: 'l2',
  adaptive: false,
  options,
  resolved: rule,
  variants: [{}, { lambda: 0.1, alpha: 0.5, averageFrom: 1, weightDecay: 0.01 }],
  resolve: ({ learningRate: _, weightDecay: __, ...o }) => o,
  slots: () => ({ average: 0 }),
  evaluated: (_, __, { slots }) => slots.average,
  // The first step whose share of the average is below 1.
  evaluatedFrom: ({ averageFrom }) => Math.floor(averageFrom) + 3,
  update: ({ add, subtract, scale }, o, { parameter, gradient, slots, learningRate, step }) => {
    const rate = learningRate / (1 + o.lambda * learningRate * (step - 1)) ** o.alpha;
    const share = 1 / Math.max(1, step - 1 - o.averageFrom);
    const next = subtract(scale(parameter, 1 - o.lambda * rate), scale(gradient, rate));
    return {
      parameter: next,
      slots: { average: add(scale(slots.average, 1 - share), scale(next, share)) },
    };
  },
} satisfies OptimizerDefinition<'asgd', z.output<typeof options>, z.output<typeof rule>, 'average'>;
