import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../test/reference-engine.js';
import { toyData } from '../test/toy-data.js';
import { toyRun } from '../test/toy-run.js';
import type { Engine } from './engine.js';
import { planTraining } from './plan.js';
import { sizeInEpoch } from './progressive-resizing.js';
import { Recipe, type RecipeInput, ResolvedRecipe } from './recipe.js';
import { resolveRecipe } from './resolve.js';
import { SpecError } from './spec-error.js';

const toy = toyData({ train: 45, test: 12 }, { size: 16 });
const stages = [
  { scale: 0.5, for: { epochs: 1 } },
  { scale: 0.7, for: { epochs: 2 } },
];
const layersOf = (...middle: object[]) =>
  ({
    kind: 'layers',
    layers: [...middle, { kind: 'linear', outFeatures: 'classes' }],
  }) as RecipeInput['architecture'];
const pooled = layersOf({ kind: 'dropout', rate: 0.25 }, { kind: 'global-average-pool' });
const options: Partial<RecipeInput> = {
  architecture: pooled,
  augmentation: [{ kind: 'random-crop', padding: 2 }, { kind: 'horizontal-flip' }, { kind: 'cutmix' }],
  progressiveResizing: { stages },
  epochs: 5,
};

/** The reference engine, and the size of the images of every step and evaluation. */
function watched() {
  const engine = createReferenceEngine();
  const [trained, judged]: [string[], string[]] = [[], []];
  let opened = 0;
  let most = 0;
  const open: Engine['open'] = async (program, data, more) => {
    const session = await engine.open(program, data, more);
    most = Math.max(most, ++opened);
    const size = `${program.input.height}×${program.input.width}`;
    return {
      ...session,
      train: async (plan, how) => {
        const stats = await session.train(plan, how);
        for (let i = 0; i < stats.steps; i++) trained.push(size);
        return stats;
      },
      evaluate: (view, how) => {
        judged.push(size);
        return session.evaluate(view, how);
      },
      close: async () => {
        opened--;
        await session.close();
      },
    };
  };
  return { engine: { ...engine, open }, trained, judged, sessions: () => ({ opened, most }) };
}

const problems = (changes: Partial<RecipeInput>): string[] => {
  try {
    resolveRecipe(Recipe.parse({ ...options, ...changes, dataset: 'ds_toy' }), toy.facts);
  } catch (error) {
    if (error instanceof SpecError)
      return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw error;
  }
  return [];
};

describe('the stages of a run', () => {
  it('are trained at their size and judged at full size, in one session at a time', async () => {
    const { engine, trained, judged, sessions } = watched();
    const { outcome, epochs } = await toyRun(options, { engine }, toy);
    expect(outcome.status).toBe('succeeded');
    expect(epochs).toHaveLength(5);
    const steps = trained.length / 5;
    expect(trained).toEqual(
      ['8×8', '11×11', '11×11', '16×16', '16×16'].flatMap((size) => new Array<string>(steps).fill(size)),
    );
    expect(judged).toEqual(new Array(6).fill('16×16'));
    expect(sessions()).toEqual({ opened: 0, most: 1 });
  });

  it.each([2, 5, 7, 11, 16])(
    'can be stopped after %i steps and gone on with, to the same weights',
    async (stopAtStep) => {
      const whole = await toyRun({ ...options, swa: { from: { epochs: 2 } } }, {}, toy);
      const stopped = await toyRun({ ...options, swa: { from: { epochs: 2 } } }, { stopAtStep }, toy);
      expect(stopped.outcome).toMatchObject({ status: 'stopped', step: stopAtStep });
      const resumed = await toyRun(
        { ...options, swa: { from: { epochs: 2 } } },
        { resume: stopped.last('last') },
        toy,
      );
      expect(resumed.last('last')).toEqual(whole.last('last'));
      expect(resumed.outcome).toMatchObject({
        evaluation: (whole.outcome as { evaluation: object }).evaluation,
      });
    },
  );

  it('go on from weights that a checkpoint within a stage has', async () => {
    const { engine, trained } = watched();
    const stopped = await toyRun(options, { stopAtStep: 7 }, toy);
    await toyRun(options, { engine, resume: stopped.last('last') }, toy);
    expect(trained[0]).toBe('11×11');
  });

  it('change what is learnt', async () => {
    const [plain, resized] = [
      await toyRun({ ...options, progressiveResizing: null }, {}, toy),
      await toyRun(options, {}, toy),
    ];
    expect(resized.last('last').tensors).not.toEqual(plain.last('last').tensors);
  });
});

describe('sizeInEpoch', () => {
  it('rounds height and width by themselves and ends at the full size', () => {
    const full = { height: 28, width: 21 };
    const sizes = [0, 1, 2, 3, 9].map((epoch) => sizeInEpoch({ stages }, full, epoch));
    const [small, middle] = [
      { height: 14, width: 11 },
      { height: 20, width: 15 },
    ];
    expect(sizes).toEqual([small, middle, middle, full, full]);
    expect(sizeInEpoch(null, full, 0)).toEqual(full);
  });
});

describe('a recipe with stages', () => {
  const one = (scale: number) => ({ stages: [{ scale, for: { epochs: 1 } }] });
  const at = 'progressiveResizing.stages.0.scale';

  it('is refused with the layer whose weights depend on the size', () => {
    const architecture = layersOf({ kind: 'flatten', name: 'flat' });
    expect(problems({ architecture })).toEqual([
      `${at}: 0.5 makes images of 8×8: layer "fc1" would have other weights than at 16×16; the network needs global pooling before it`,
      'progressiveResizing.stages.1.scale: 0.7 makes images of 11×11: layer "fc1" would have other weights than at 16×16; the network needs global pooling before it',
    ]);
  });

  it('is refused with the layer that small images do not fit into', () => {
    const architecture = layersOf({ kind: 'avg-pool', kernel: 9 }, { kind: 'global-average-pool' });
    expect(problems({ architecture, progressiveResizing: one(0.5) })).toEqual([
      `${at}: 0.5 makes images of 8×8: layer "pool1" (avg-pool) a window of 9×9 does not fit into 1×8×8 with padding 0`,
    ]);
  });

  it.each([
    [0.4, {}, 'at least 8×8 pixels are needed'],
    [0.99, {}, 'that is their full size'],
    [
      0.5,
      { augmentation: [{ kind: 'random-crop', padding: 8, mode: 'reflect' }] },
      'augmentation.0.padding: ',
    ],
  ] as [number, Partial<RecipeInput>, string][])('is refused at %d with %j', (scale, changes, reason) => {
    const [problem, ...more] = problems({ ...changes, progressiveResizing: one(scale) });
    expect(more).toEqual([]);
    expect(problem).toContain(`${at}: ${scale} makes images of `);
    expect(problem).toContain(reason);
  });

  it('is refused where a batch of one has a single value per channel at the smaller size only', () => {
    const architecture = layersOf(
      { kind: 'avg-pool', kernel: 8 },
      { kind: 'batch-norm' },
      { kind: 'global-average-pool' },
    );
    const changes = { architecture, batchSize: 1, augmentation: [] };
    expect(problems({ ...changes, progressiveResizing: null })).toEqual([]);
    expect(problems({ ...changes, progressiveResizing: one(0.5) })).toEqual([
      expect.stringContaining('8×8: batchSize: 1 leaves a batch of one image'),
    ]);
  });

  it.each([
    [{ stages: [] }, ['progressiveResizing', 'stages']],
    [one(1), ['progressiveResizing', 'stages', 0, 'scale']],
    [
      { stages: [{ scale: 0.5, for: { epochs: 1.5 } }] },
      ['progressiveResizing', 'stages', 0, 'for', 'epochs'],
    ],
    [{ stages: [{ scale: 0.5, for: { steps: 3 } }] }, ['progressiveResizing', 'stages', 0, 'for']],
  ])('is malformed with %j', (progressiveResizing, path) => {
    const { error } = Recipe.safeParse({ ...options, dataset: 'ds_toy', progressiveResizing });
    expect(error?.issues[0]?.path.slice(0, path.length)).toEqual(path);
  });

  it('that was stored before there was a choice has none', () => {
    const { recipe } = resolveRecipe(Recipe.parse({ ...options, dataset: 'ds_toy' }), toy.facts);
    expect(ResolvedRecipe.parse(recipe).progressiveResizing).toEqual({ stages });
    const { progressiveResizing: _, ...stored } = recipe;
    expect(ResolvedRecipe.parse(stored).progressiveResizing).toBeNull();
  });

  it('is planned with its stages, and with a warning where they take the whole run', () => {
    const planOf = (epochs: number) =>
      planTraining(Recipe.parse({ ...options, epochs, dataset: 'ds_toy' }), toy.facts);
    const sizes = planOf(5).stages.map(({ firstEpoch, lastEpoch, height }) => [
      firstEpoch,
      lastEpoch,
      height,
    ]);
    expect(sizes).toEqual([
      [1, 1, 8],
      [2, 3, 11],
      [4, 5, 16],
    ]);
    expect(planOf(4).warnings.map(({ code }) => code)).not.toContain('full_size_not_reached');
    expect(planOf(2).stages).toHaveLength(2);
    for (const epochs of [2, 3])
      expect(planOf(epochs).warnings.map(({ code }) => code)).toContain('full_size_not_reached');
  });
});
