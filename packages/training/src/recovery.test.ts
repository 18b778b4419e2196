import { describe, expect, it } from 'vitest';
import { toyRun } from '../test/toy-run.js';
import { decodeCheckpoint } from './checkpoint.js';
import type { RecipeInput } from './recipe.js';
import { joinBytes } from './safetensors.js';

const wild: Partial<RecipeInput> = {
  // Decay at this rate makes the weights −999 times as large at each step, until they are no numbers any more.
  architecture: { kind: 'softmax-regression' },
  optimizer: { kind: 'sgd', learningRate: 1000, weightDecay: 1 },
  recovery: { nonFinite: { rollbacks: 3, learningRateFactor: 0.001 } },
  augmentation: [{ kind: 'vertical-flip' }],
  ema: { decay: 0.5 },
  epochs: 30,
};
const rollbacks = ({ reports }: Awaited<ReturnType<typeof toyRun>>) =>
  reports.flatMap((one) => (one.type === 'rollback' ? [one] : []));

describe('a run that may go back', () => {
  it('begins the epoch anew with lower rates after a step that is not finite, and ends well', async () => {
    const run = await toyRun(wild);
    expect(run.outcome.status).toBe('succeeded');
    const returns = rollbacks(run);
    expect(returns.length).toBeGreaterThan(0);
    expect(returns.map((one) => one.rollbacks)).toEqual(returns.map((_, i) => i + 1));
    for (const one of returns) {
      expect(one.step % 4).toBe(0);
      expect(one.failure.step).toBeGreaterThan(one.step);
      expect(one.learningRateFactor).toBe(0.001 ** one.rollbacks);
    }
    expect(run.rates.at(-1)).toBeCloseTo(1000 * 0.001 ** returns.length, 9);
  });

  it('fails once it has gone back as often as it may', async () => {
    const recovery = { nonFinite: { rollbacks: 2, learningRateFactor: 0.999 } };
    const run = await toyRun({ ...wild, recovery });
    expect(run.outcome).toMatchObject({ status: 'failed', failure: { class: 'non_finite' } });
    expect(rollbacks(run)).toHaveLength(2);
  });

  it('fails at the first such step where it may not', async () => {
    const run = await toyRun({ ...wild, recovery: {} });
    expect(run.outcome).toMatchObject({ status: 'failed', failure: { class: 'non_finite' } });
    expect(rollbacks(run)).toEqual([]);
  });

  it('comes to the same bytes wherever it is interrupted', async () => {
    const whole = await toyRun(wild);
    const failed = rollbacks(whole)[0]!.failure.step;
    for (let stopAtStep = failed - 7; stopAtStep < failed + 5; stopAtStep++) {
      const first = await toyRun(wild, { stopAtStep });
      expect(first.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
      const second = await toyRun(wild, { resume: first.last('last') });
      expect(second.bytes('last')).toEqual(whole.bytes('last'));
      expect(second.outcome).toEqual(whole.outcome);
    }
  });

  it('goes back exactly from checkpoints of any step, before the one that fails and after a return', async () => {
    const whole = await toyRun(wild, { checkpoints: { everySteps: 1, everySeconds: null } });
    const failed = rollbacks(whole)[0]!.failure.step;
    const taken = whole.reports.flatMap((one) =>
      one.type === 'checkpoint' && one.metadata.role === 'last'
        ? [decodeCheckpoint(joinBytes(one.parts))]
        : [],
    );
    const near = taken.filter(({ metadata }) => Math.abs(metadata.position.step - failed) < 8);
    expect(near.length).toBeGreaterThan(8);
    for (const resume of near) {
      const rest = await toyRun(wild, { resume });
      if (rest.bytes('last')) expect(rest.bytes('last')).toEqual(whole.bytes('last'));
      expect(rest.outcome).toEqual(whole.outcome);
    }
  });
});

describe('a limit of steps', () => {
  it('ends the epoch early and the run well, and an interruption changes nothing', async () => {
    const whole = await toyRun({}, { limits: () => ({ maxSteps: 6 }) });
    expect(whole.outcome).toMatchObject({
      status: 'succeeded',
      stopReason: 'step_limit',
      steps: 6,
      epochs: 2,
    });
    const first = await toyRun({}, { limits: () => ({ maxSteps: 6 }), stopAtStep: 5 });
    const second = await toyRun({}, { limits: () => ({ maxSteps: 6 }), resume: first.last('last') });
    expect(second.bytes('last')).toEqual(whole.bytes('last'));
    expect((await toyRun({}, { limits: () => ({ maxSteps: 12 }) })).outcome).toMatchObject({
      stopReason: 'completed',
    });
    const inLastEpoch = await toyRun({ epochs: 1 }, { limits: () => ({ maxSteps: 2 }) });
    expect(inLastEpoch.outcome).toMatchObject({ stopReason: 'step_limit', steps: 2, epochs: 1 });
  });

  it('that changes during the run holds from the next step on', async () => {
    let maxSteps: number | null = null;
    const run = (at: number, to: number | null) =>
      toyRun(
        {},
        {
          limits: () => ({ maxSteps }),
          report: async (report) => {
            if (report.type === 'steps' && report.firstStep === at) maxSteps = to;
          },
        },
      );
    expect((await run(2, 4)).outcome).toMatchObject({ stopReason: 'step_limit', steps: 4 });
    maxSteps = 4;
    const lifted = await run(2, null);
    expect(lifted.outcome).toMatchObject({ stopReason: 'completed' });
    expect(lifted.bytes('last')).toEqual((await toyRun({})).bytes('last'));
  });

  it('counts in the time that is left, as a limit of time does', async () => {
    const progressOf = async (more: object) => {
      let now = 0;
      const { reports } = await toyRun({ epochs: 50 }, { clock: () => (now += 10), ...more });
      return reports.flatMap((one) => (one.type === 'progress' ? [one.progress] : []));
    };
    const eta = (all: Awaited<ReturnType<typeof progressOf>>) => all[1]?.etaSeconds ?? Number.NaN;
    const free = await progressOf({});
    const bySteps = await progressOf({ limits: () => ({ maxSteps: 8 }) });
    expect(bySteps.at(-1)).toMatchObject({ step: 8, totalSteps: 8 });
    expect(eta(bySteps)).toBeLessThan(eta(free) / 5);
    expect(eta(await progressOf({ limits: () => ({ timeLimitMs: 500 }) }))).toBeLessThanOrEqual(0.5);
  });
});
