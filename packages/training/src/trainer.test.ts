import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../test/reference-engine.js';
import { toyData } from '../test/toy-data.js';
import { type Checkpoint, decodeCheckpoint } from './checkpoint.js';
import { compileProgram } from './compile.js';
import type { Engine } from './engine.js';
import { Recipe, type RecipeInput } from './recipe.js';
import type { TrainingReport } from './reports.js';
import { resolveRecipe } from './resolve.js';
import { joinBytes } from './safetensors.js';
import { SpecError } from './spec-error.js';
import { runTraining } from './trainer.js';
import type { TrainingRun } from './training-run.js';

type Of<T extends TrainingReport['type']> = Extract<TrainingReport, { type: T }>;

const base: Omit<RecipeInput, 'dataset'> = {
  architecture: { kind: 'mlp', hidden: [6], dropout: 0.25 },
  optimizer: { kind: 'adam', learningRate: 0.02, weightDecay: 0.001 },
  schedule: [{ kind: 'warmup', for: { steps: 3 } }, { kind: 'cosine' }],
  augmentation: [
    { kind: 'random-crop', padding: 1, mode: 'reflect' },
    { kind: 'vertical-flip' },
    { kind: 'mixup', per: 'sample', probability: 0.5 },
    { kind: 'cutmix' },
  ],
  gradientClip: { norm: 2 },
  validation: { fraction: 0.2 },
  batchSize: 10,
  epochs: 4,
  seed: 7,
};

/** A run on toy data with everything that it reported. `clock` ticks 1 ms per reading, so that chunks grow. */
async function go(
  options: Partial<RecipeInput> = {},
  run: Partial<TrainingRun> & { counts?: Parameters<typeof toyData>[0] } = {},
) {
  const { counts = { train: 45, test: 12 }, report: alsoReport, ...rest } = run;
  const { data, facts } = toyData(counts);
  const { recipe, hash } = resolveRecipe(Recipe.parse({ ...base, ...options, dataset: facts.id }), facts);
  const reports: TrainingReport[] = [];
  let now = 0;
  const outcome = await runTraining({
    engine: createReferenceEngine(),
    recipe,
    recipeHash: hash,
    program: compileProgram(recipe, facts, 'fp64'),
    data,
    device: 'cpu',
    threads: 1,
    resume: null,
    signal: new AbortController().signal,
    clock: () => now++,
    report: async (report) => {
      reports.push(report);
      await alsoReport?.(report);
    },
    ...rest,
  });
  const of = <T extends TrainingReport['type']>(type: T): Of<T>[] =>
    reports.filter((report): report is Of<T> => report.type === type);
  const last = (): Checkpoint =>
    decodeCheckpoint(joinBytes(of('checkpoint').findLast((c) => c.metadata.role === 'last')!.parts));
  return { outcome, reports, of, last };
}

const losses = (result: Awaited<ReturnType<typeof go>>) =>
  result.of('steps').flatMap((report) => report.losses);

describe('a whole run', () => {
  it('learns, reports every step and epoch once, and evaluates the best weights on the test split', async () => {
    const result = await go({ epochs: 30, architecture: { kind: 'softmax-regression' }, augmentation: [] });
    const { outcome, of } = result;
    expect(outcome).toMatchObject({
      status: 'succeeded',
      stopReason: 'completed',
      epochs: 30,
      steps: 30 * 4,
    });
    if (outcome.status !== 'succeeded') return;
    expect(outcome.evaluation).toMatchObject({ split: 'test', samples: 12 });
    expect(outcome.evaluation.accuracy).toBeGreaterThan(0.9);
    expect(of('epoch').map((epoch) => epoch.epoch)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(of('epoch').at(-1)!.trainLoss).toBeLessThan(of('epoch')[0]!.trainLoss / 2);
    let next = 1;
    for (const steps of of('steps')) {
      expect(steps.firstStep).toBe(next);
      expect(steps.learningRates).toHaveLength(steps.losses.length);
      expect(steps.gradientNorms).toHaveLength(steps.losses.length);
      next += steps.losses.length;
    }
    expect(next).toBe(121);
    expect(of('progress').at(-1)!.progress).toMatchObject({
      epoch: 30,
      epochs: 30,
      step: 120,
      totalSteps: 120,
    });
  });

  it('gives the same bytes for the same seed and others for another', async () => {
    const bytes = async (seed: number) => (await go({ seed })).of('checkpoint').at(-1)!.parts;
    expect(await bytes(7)).toEqual(await bytes(7));
    expect(await bytes(8)).not.toEqual(await bytes(7));
  });

  it('does not depend on how steps are cut into engine calls', async () => {
    let now = 0;
    const slow = await go({}, { clock: () => (now += 100_000) });
    const fast = await go();
    expect(slow.of('steps').length).toBeGreaterThan(fast.of('steps').length);
    expect(losses(slow)).toEqual(losses(fast));
    expect(slow.last().tensors).toEqual(fast.last().tensors);
  });

  it('weighs train metrics by sample: the last batch of an epoch is smaller', async () => {
    const result = await go({ epochs: 1, batchSize: 30 });
    const [a, b] = losses(result) as [number, number];
    expect(result.of('epoch')[0]!.trainLoss).toBeCloseTo((30 * a + 6 * b) / 36, 12);
  });

  it('evaluates on the held-out part of the train split where there is no test split', async () => {
    const { outcome } = await go({ epochs: 1 }, { counts: { train: 45 } });
    expect(outcome).toMatchObject({ status: 'succeeded', evaluation: { split: 'train', samples: 9 } });
  });

  it("uses the dataset's own validation split", async () => {
    const { outcome, of } = await go({ epochs: 1 }, { counts: { train: 45, validation: 6 } });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      steps: 5,
      evaluation: { split: 'validation', samples: 6 },
    });
    expect(of('epoch')).toHaveLength(1);
  });

  it('closes the session and passes on a fault of the engine', async () => {
    let closed = false;
    const real = createReferenceEngine();
    const engine: Engine = {
      ...real,
      open: async (...args) => {
        const session = await real.open(...args);
        const state = () => Promise.reject(new Error('out of order'));
        const close = async () => {
          closed = true;
        };
        return { ...session, state, close };
      },
    };
    await expect(go({}, { engine })).rejects.toThrow('out of order');
    expect(closed).toBe(true);
  });
});

describe('stopping and resuming', () => {
  const STEPS = 16;
  it.each(Array.from({ length: STEPS - 1 }, (_, i) => i + 1))(
    'stopped after step %d and resumed gives the weights, metrics and choice of an uninterrupted run',
    async (stopAtStep) => {
      const whole = await go();
      const first = await go({}, { stopAtStep });
      expect(first.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
      expect(first.last().metadata.position.step).toBe(stopAtStep);
      const second = await go({}, { resume: first.last() });
      expect(second.outcome).toEqual({ ...whole.outcome, trainSeconds: expect.any(Number) });
      expect(second.last()).toEqual(whole.last());
      expect([...losses(first), ...losses(second)]).toEqual(losses(whole));
      const strip = (epochs: Of<'epoch'>[]) =>
        epochs.map(({ seconds: _, imagesPerSecond: __, ...epoch }) => epoch);
      expect(strip([...first.of('epoch'), ...second.of('epoch')])).toEqual(strip(whole.of('epoch')));
    },
  );

  it('an abort ends the run at a step boundary with a checkpoint', async () => {
    const controller = new AbortController();
    const { outcome, last } = await go(
      {},
      {
        signal: controller.signal,
        report: (report) => {
          if (report.type === 'steps' && report.firstStep > 5) controller.abort();
        },
      },
    );
    expect(outcome).toMatchObject({ status: 'stopped', step: last().metadata.position.step });
  });

  it('an abort during validation or the final evaluation loses nothing', async () => {
    const whole = await go();
    for (const phase of ['validating', 'evaluating'] as const) {
      const controller = new AbortController();
      const first = await go(
        {},
        {
          signal: controller.signal,
          report: (report) => {
            if (report.type === 'phase' && report.phase === phase) controller.abort();
          },
        },
      );
      expect(first.outcome).toMatchObject({ status: 'stopped', epoch: phase === 'validating' ? 0 : 4 });
      const second = await go({}, { resume: first.last() });
      expect(second.outcome).toEqual({ ...whole.outcome, trainSeconds: expect.any(Number) });
      expect(second.of('epoch')).toHaveLength(phase === 'validating' ? 4 : 0);
    }
  });

  it('an abort before the first step leaves nothing behind', async () => {
    const { outcome, of } = await go({}, { signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ status: 'stopped', step: 0 });
    expect(of('checkpoint')).toEqual([]);
  });

  it('refuses a checkpoint of another recipe, and one of weights only', async () => {
    const first = await go({}, { stopAtStep: 5 });
    await expect(go({ seed: 8 }, { resume: first.last() })).rejects.toThrow(SpecError);
    const best = decodeCheckpoint(
      joinBytes(first.of('checkpoint').find((c) => c.metadata.role === 'best')!.parts),
    );
    await expect(go({}, { resume: best })).rejects.toThrow(/role "last"/);
  });
});

describe('the best weights', () => {
  it('are those of the epoch with the highest validation accuracy, the first of equals', async () => {
    const { outcome, of } = await go({ epochs: 8 });
    const epochs = of('epoch');
    const top = Math.max(...epochs.map((epoch) => epoch.validationAccuracy));
    const first = epochs.find((epoch) => epoch.validationAccuracy === top)!;
    expect(outcome).toMatchObject({ best: { epoch: first.epoch, validationAccuracy: top } });
    const best = of('checkpoint').findLast((c) => c.metadata.role === 'best')!;
    expect(best.metadata.position.epoch).toBe(first.epoch);
    const names = [...decodeCheckpoint(joinBytes(best.parts)).tensors.keys()];
    expect(names.every((name) => name.startsWith('model.'))).toBe(true);
  });

  it('early stopping ends the run once patience is used up', async () => {
    const { outcome, of } = await go({
      epochs: 50,
      optimizer: { kind: 'sgd', learningRate: 1e-9 },
      earlyStopping: { metric: 'validation.loss', patience: 3, minimumImprovement: 0.01 },
    });
    expect(outcome).toMatchObject({
      status: 'succeeded',
      stopReason: 'early_stopping',
      epochs: 4,
      best: { epoch: 1 },
    });
    expect(of('epoch')).toHaveLength(4);
  });
});

describe('a limit of time', () => {
  it('ends the epoch in progress early, then validates and evaluates', async () => {
    let now = 0;
    const limited = await go({}, { limits: () => ({ timeLimitMs: 1 }), clock: () => now++ });
    expect(limited.outcome).toMatchObject({
      status: 'succeeded',
      stopReason: 'time_limit',
      epochs: 1,
      steps: 1,
    });
    expect(limited.of('epoch')).toMatchObject([{ epoch: 1, step: 1, trainLoss: losses(limited)[0] }]);
  });

  it('a run that goes on afterwards takes every step once', async () => {
    const limited = await go({}, { limits: () => ({ timeLimitMs: 1 }) });
    const rest = await go({}, { resume: limited.last() });
    const whole = await go();
    expect(rest.outcome).toMatchObject({ status: 'succeeded', stopReason: 'completed', steps: 16 });
    expect([...losses(limited), ...losses(rest)]).toEqual(losses(whole));
  });
});

describe('numbers that are not finite', () => {
  // θ ← θ − 1000 · (g + θ) grows a thousandfold at every step.
  const exploding: Partial<RecipeInput> = {
    optimizer: { kind: 'sgd', learningRate: 1000, weightDecay: 1 },
    schedule: [{ kind: 'constant' }],
    gradientClip: null,
  };

  it('end the run as a failure at the step that shows it, and keep the last finite state', async () => {
    const { outcome, of, last } = await go({ ...exploding, batchSize: 1 }, { counts: { train: 450 } });
    if (outcome.status !== 'failed') throw new Error(`the run ${outcome.status}`);
    const { failure } = outcome;
    expect(failure).toMatchObject({ class: 'non_finite', retryable: false });
    expect(['loss_not_finite', 'gradient_not_finite']).toContain(failure.code);
    expect(of('steps').flatMap((report) => report.losses)).toHaveLength(failure.step);
    expect(last().metadata.position.step).toBe(failure.step - 1);
    for (const { data } of last().tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('are found in validation too', async () => {
    const { outcome } = await go({ ...exploding, epochs: 100 });
    expect(outcome).toMatchObject({ status: 'failed', failure: { code: 'validation_not_finite' } });
  });
});
