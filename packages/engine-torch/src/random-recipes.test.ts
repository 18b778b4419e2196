/** Whatever a recipe says is refused with a reason or trained to an end, and the same one whatever interrupts it. */
import { type Checkpoint, decodeCheckpoint, type TrainingRun } from '@ravine/training';
import { expect, it } from 'vitest';
import { drawRecipe } from '../test/draw-recipe.js';
import { describeNative } from '../test/harness.js';
import { pickOne } from '../test/sample-options.js';
import { type Draft, type Tiny, type Trained, trainTiny } from '../test/train-recipe.js';

const COUNT = Number(process.env.RAVINE_TEST_RECIPES ?? 40);
const FIRST = Number(process.env.RAVINE_TEST_FIRST_RECIPE ?? 1);

/** Where a run is interrupted: after a step, or while it says something for the nth time, validation and evaluation included. */
type Stop = { step: number } | { report: number };

/** What a run is given to end there. */
function endAt(stop: Stop | null): Partial<TrainingRun> {
  if (stop === null) return {};
  if ('step' in stop) return { stopAtStep: stop.step };
  const controller = new AbortController();
  let reports = 0;
  const report = () => {
    if (++reports === stop.report) controller.abort();
  };
  return { signal: controller.signal, report };
}

/** What is left of a run that goes on after each of the stops from what was written down there. */
async function interrupted(
  draft: Draft,
  dataset: Tiny,
  stops: Stop[],
  more: Partial<TrainingRun>,
): Promise<Trained> {
  let all: Trained | null = null;
  for (const stop of [...stops, null]) {
    const resume = all?.last ? checkpointOf(all.last) : null;
    const part: Trained = await trainTiny(draft, { ...more, ...endAt(stop), resume }, dataset);
    all = all === null ? part : joined(all, part);
    if (part.outcome.status !== 'stopped') break;
  }
  return all as Trained;
}

const checkpointOf = (bytes: string): Checkpoint => decodeCheckpoint(Buffer.from(bytes, 'base64'));

const joined = (a: Trained, b: Trained): Trained => ({
  ...b,
  losses: [...a.losses, ...b.losses],
  learningRates: [...a.learningRates, ...b.learningRates],
  gradientNorms: [...a.gradientNorms, ...b.gradientNorms],
  epochs: [...a.epochs, ...b.epochs],
  last: b.last || a.last,
  best: b.best || a.best,
});

/**
 * All but the time it took. A run that fails tells of the losses of the engine's last call, and the last checkpoint there is
 * may be that of the interruption.
 */
function comparable({ outcome, last, ...trained }: Trained): unknown {
  const { trainSeconds: _, ...rest } = outcome;
  if (rest.status !== 'failed') return { outcome: rest, last, ...trained };
  const { lossesBefore: __, ...evidence } = rest.failure.evidence;
  return { failure: { ...rest.failure, evidence }, ...trained };
}

/** Every loss that a run which succeeded tells of, but for those of steps that it took back. */
const lossesSaid = ({ outcome, losses, epochs }: Trained): number[] => [
  ...losses.slice(-1),
  ...epochs.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]),
  ...(outcome.status === 'succeeded'
    ? [outcome.evaluation.loss, outcome.evaluation.testTimeAugmentation?.loss ?? 0]
    : []),
];

/** A clock that goes on by leaps, so that the engine is called for other numbers of steps. */
function leapingClock(key: number): () => number {
  let [now, reads] = [0, 0];
  return () => {
    now += pickOne([0, 1, 150, 700], key, 300 + reads++);
    return now;
  };
}

describeNative('a random recipe', () => {
  it.each(Array.from({ length: COUNT }, (_, i) => FIRST + i))('number %i', async (key) => {
    const { draft, dataset } = drawRecipe(key);
    const said = JSON.stringify({ dataset: dataset.facts.id, ...draft });
    const threads = 1 + (key % 2);
    const whole = await trainTiny(draft, { threads }, dataset);
    const { outcome, losses } = whole;
    if (outcome.status === 'failed') expect(outcome.failure.class, said).toBe('non_finite');
    else {
      expect(outcome.status, said).toBe('succeeded');
      expect(lossesSaid(whole).every(Number.isFinite), said).toBe(true);
    }
    const steps = losses.length;
    if (steps < 2) return;
    const stops = [
      { step: 1 + pickOne([...Array(steps - 1).keys()], key, 310) },
      { report: 1 + pickOne([...Array(12).keys()], key, 311) },
      { step: steps - 1 },
    ].slice(key % 2);
    const more = {
      threads,
      clock: leapingClock(key),
      checkpoints: { everySteps: 1 + (key % 3), everySeconds: null },
    };
    const parts = await interrupted(draft, dataset, stops, more);
    expect(comparable(parts), `${JSON.stringify(stops)} of ${said}`).toEqual(comparable(whole));
  });
});
