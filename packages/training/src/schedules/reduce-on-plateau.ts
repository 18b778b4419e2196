import { z } from 'zod';
import { decayFactor, length, rateFactor, type ScheduleDefinition } from './definition.js';

const epochs = z.int().min(0).max(100_000);
const options = z.strictObject({
  kind: z.literal('reduce-on-plateau'),
  ...length,
  metric: z
    .enum(['validation.loss', 'validation.accuracy'])
    .default('validation.loss')
    .describe('What must improve'),
  factor: decayFactor.default(0.1).describe('Multiplier of each reduction'),
  patience: epochs.default(10).describe('Epochs without improvement that are borne; the next one reduces'),
  threshold: z
    .number()
    .min(0)
    .lt(1, 'less than 1: nothing would count as an improvement')
    .default(1e-4)
    .describe('Smaller changes do not count as an improvement'),
  thresholdMode: z
    .enum(['relative', 'absolute'])
    .default('relative')
    .describe('Whether the threshold is a share of the best value or a difference'),
  cooldown: epochs.default(0).describe('Epochs after a reduction that are not counted'),
  minimum: rateFactor.default(0).describe('Level below which it does not go'),
});
type Options = z.output<typeof options>;

function improves(o: Options, value: number, best: number): boolean {
  const margin = o.thresholdMode === 'relative' ? o.threshold * best : o.threshold;
  return o.metric === 'validation.loss' ? value < best - margin : value > best + margin;
}

/** PyTorch's ReduceLROnPlateau, stepped once per epoch, with `eps` 0. State: scale, best, stale, cooldown. */
export const reduceOnPlateau = {
  kind: 'reduce-on-plateau',
  title: 'Reduce on plateau',
  summary: 'Drops by a factor whenever the validation result has not improved for some epochs.',
  formula: 'η ← η · factor after more than `patience` epochs without improvement',
  paper: null,
  whenToUse: 'When nothing is known of how long learning takes.',
  conventions:
    "PyTorch's ReduceLROnPlateau at the end of each epoch, with eps 0. Keras's reduces as soon as `patience` epochs have not improved, one epoch earlier, lowers the cooldown before it tests it, and takes min_delta as a difference.",
  options,
  durations: [],
  spans: false,
  factor: (o, { start, state }) => Math.min(start, Math.max(o.minimum, start * (state.scale ?? 1))),
  observe: (o, { scale = 1, best, stale = 0, cooldown = 0 }, result) => {
    const value = o.metric === 'validation.loss' ? result.validationLoss : result.validationAccuracy;
    const better = best === undefined || improves(o, value, best);
    const counted = better || cooldown > 0 ? 0 : stale + 1;
    const reduce = counted > o.patience;
    return {
      scale: reduce ? scale * o.factor : scale,
      best: better ? value : best,
      stale: reduce ? 0 : counted,
      cooldown: reduce ? o.cooldown : Math.max(0, cooldown - 1),
    };
  },
} satisfies ScheduleDefinition<'reduce-on-plateau', Options>;
