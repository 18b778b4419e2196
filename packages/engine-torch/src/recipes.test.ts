/** Whatever a recipe says is refused with a reason or trained to an end, and no option of any kind is without effect. */
import {
  type CatalogEntry,
  compileProgram,
  createCatalog,
  decodeCheckpoint,
  learningRateCurve,
  momentumCurve,
  observeEpoch,
  Recipe,
  type RecipeInput,
  type ScheduleState,
  SpecError,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { describeNative } from '../test/harness.js';
import { pickOne, sampleOption, sampleOptions } from '../test/sample-options.js';
import { resolveTiny, sizeOf, type Trained, tinyFacts, trainTiny } from '../test/train-recipe.js';

type Draft = Omit<RecipeInput, 'dataset'>;

const catalog = createCatalog();
/** Networks of the user's own have no options to draw from. */
const drawable = catalog.architectures.filter(({ kind }) => kind !== 'layers' && kind !== 'graph');

const network = {
  kind: 'layers',
  layers: [
    { kind: 'conv2d', outChannels: 4, stride: 2 },
    { kind: 'batch-norm' },
    { kind: 'relu' },
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: 'classes' },
  ],
} satisfies RecipeInput['architecture'];
const base = { architecture: network, epochs: 2, batchSize: 8 } satisfies Draft;

/** Options of the run that are null unless somebody wants them. */
const RUN_OPTIONS = ['gradientClip', 'microBatchSize', 'gradientNoise', 'lookahead', 'ema', 'swa'] as const;

const drawRunOption = (name: string, key: number): unknown =>
  sampleOption({ schema: catalog.recipe }, name, key);

/** A recipe with a random kind and random options in every family. */
function drawRecipe(key: number): Draft {
  const part = (family: CatalogEntry[], place: number) =>
    sampleOptions(pickOne(family, key, place), key, place);
  return {
    architecture: part(drawable, 1),
    loss: part(catalog.losses, 2),
    optimizer: part(catalog.optimizers, 3),
    schedule: [part(catalog.schedules, 4)],
    augmentation: [part(catalog.augmentations, 5)],
    testTimeAugmentation: key % 4 === 0 ? part(catalog.testTimeAugmentations, 6) : null,
    precision: key % 2 === 0 ? 'fp32' : 'bf16',
    ...Object.fromEntries(
      RUN_OPTIONS.map((name, i) => [name, key % (i + 3) === 0 ? drawRunOption(name, key) : null]),
    ),
    normalization: drawRunOption('normalization', key),
    parameterGroups: key % 5 === 0 ? drawRunOption('parameterGroups', key) : null,
    progressiveResizing: key % 8 === 0 ? drawRunOption('progressiveResizing', key) : null,
    batchSize: 8,
    epochs: 2,
    seed: key,
  } as Draft;
}

/** The recipe's size, or null where it is refused; what else is thrown is a fault. */
function admitted(draft: Draft): { parameters: number; bytes: number } | null {
  if (!Recipe.safeParse({ ...draft, dataset: tinyFacts.id }).success) return null;
  try {
    return sizeOf(draft);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    expect(error.issues[0]?.path.length, error.message).toBeGreaterThan(0);
    return null;
  }
}

const COUNT = Number(process.env.RAVINE_TEST_RECIPES ?? 48);
const FIRST = Number(process.env.RAVINE_TEST_FIRST_RECIPE ?? 1);

describeNative('a random recipe', () => {
  it.each(Array.from({ length: COUNT }, (_, i) => FIRST + i))('number %i', async (key) => {
    const draft = drawRecipe(key);
    const found = admitted(draft);
    // The rest of the network's behaviour does not depend on its size.
    if (found === null || found.parameters > 3e6 || found.bytes > 3e8) return;
    const whole = await trainTiny(draft);
    const { outcome, losses } = whole;
    if (outcome.status === 'failed') expect(outcome.failure.class, JSON.stringify(draft)).toBe('non_finite');
    else {
      expect(outcome.status).toBe('succeeded');
      expect(losses.every(Number.isFinite), JSON.stringify(draft)).toBe(true);
    }
    if (losses.length < 2) return;
    const parts = await interrupted(draft, 1 + (key % (losses.length - 1)));
    expect(comparable(parts)).toEqual(comparable(whole));
  });
});

/**
 * A run that fails keeps the last checkpoint there is, which may be that of the interruption, and tells of the losses of
 * the engine's last call.
 */
function comparable({ outcome, losses, last }: Trained): unknown {
  if (outcome.status !== 'failed') return { outcome, losses, last };
  const { lossesBefore: _, ...evidence } = outcome.failure.evidence;
  return { failure: { ...outcome.failure, evidence }, losses };
}

/** The run, stopped after so many steps and gone on with from its checkpoint. */
async function interrupted(draft: Draft, stopAtStep: number): Promise<Trained> {
  const first = await trainTiny(draft, { stopAtStep });
  const resume = decodeCheckpoint(Buffer.from(first.last, 'base64'));
  const second = await trainTiny(draft, { resume });
  return { ...second, losses: [...first.losses, ...second.losses] };
}

const optionsOf = (family: CatalogEntry[]): [string, string, CatalogEntry][] =>
  family.flatMap((entry) =>
    Object.keys((entry.schema.properties ?? {}) as object)
      .filter((option) => option !== 'kind')
      .map((option): [string, string, CatalogEntry] => [entry.kind, option, entry]),
  );

/** Pairs of options of one kind that differ in one of them only and are both allowed. */
function* pairs(entry: CatalogEntry, option: string, draftOf: (options: { kind: string }) => Draft) {
  for (let key = 1; key <= 400; key++) {
    const one = sampleOptions(entry, key);
    const other = { ...one, [option]: sampleOption(entry, option, key) };
    if (JSON.stringify(one) === JSON.stringify(other)) continue;
    const drafts = [draftOf(one), draftOf(other)] as const;
    if (drafts.every((draft) => admitted(draft) !== null)) yield drafts;
  }
}

/** Whether some pair ends differently. */
async function matters<T>(
  entry: CatalogEntry,
  option: string,
  draftOf: (options: { kind: string }) => Draft,
  resultOf: (draft: Draft) => T | Promise<T>,
  tries = 12,
): Promise<boolean> {
  let tried = 0;
  for (const [one, other] of pairs(entry, option, draftOf)) {
    if ((await resultOf(one)) !== (await resultOf(other))) return true;
    if (++tried === tries) break;
  }
  return false;
}

/** Learning rates and momenta of 40 epochs of 3 steps, whose losses get better ever more slowly; accuracy stays where it is after six. */
function ratesOf(draft: Draft): string {
  const { schedule } = resolveTiny(draft);
  let state: ScheduleState = {};
  const rates: number[] = [];
  for (let step = 0; step < 120; step++) {
    rates.push(learningRateCurve(schedule, 1, 120, state)(step));
    if (step % 3 !== 2) continue;
    const [validationLoss, validationAccuracy] = [
      4 + 16 * 0.7 ** (step / 3),
      0.9 - 0.8 * 0.5 ** Math.min(step / 3, 6),
    ];
    const result = {
      trainLoss: validationLoss / 2,
      trainAccuracy: validationAccuracy,
      validationLoss,
      validationAccuracy,
    };
    state = observeEpoch(schedule, 120, state, { step: step + 1, ...result });
  }
  const momentumAt = momentumCurve(schedule, 120);
  return [...rates, ...rates.map((_, step) => momentumAt?.(step) ?? null)].join();
}

const endOf = async (draft: Draft): Promise<string> => {
  const { outcome, losses, last }: Trained = await trainTiny(draft);
  return JSON.stringify([outcome.status === 'failed' ? outcome.failure : null, losses, last]);
};

describeNative('no option is without effect', () => {
  it.each(optionsOf(catalog.optimizers))('optimizer %s: %s', async (_, option, entry) => {
    const draftOf = (optimizer: object) => ({ ...base, optimizer }) as Draft;
    expect(await matters(entry, option, draftOf, endOf)).toBe(true);
  });

  it.each(optionsOf(catalog.losses))('loss %s: %s', async (_, option, entry) => {
    const draftOf = (loss: object) => ({ ...base, loss }) as Draft;
    expect(await matters(entry, option, draftOf, endOf)).toBe(true);
  });

  it.each([...RUN_OPTIONS, 'normalization', 'parameterGroups', 'progressiveResizing'])(
    'run option %s',
    async (name) => {
      const entry = { ...(catalog.losses[0] as CatalogEntry), schema: catalog.recipe };
      const results = new Set<string>();
      for (let key = 1; key <= 24; key++) {
        const draft = { ...base, [name]: sampleOption(entry, name, key) } as Draft;
        if (admitted(draft) !== null) results.add(await endOf(draft));
      }
      expect(results.size).toBeGreaterThan(2);
    },
  );

  it.each(optionsOf(catalog.schedules))('schedule %s: %s', async (_, option, entry) => {
    const draftOf = (segment: object) =>
      ({
        ...base,
        epochs: 40,
        schedule: [
          { kind: 'constant', for: { steps: 3 } },
          { for: { steps: 110 }, ...segment },
          { kind: 'constant', factor: 0.5 },
        ],
      }) as Draft;
    expect(await matters(entry, option, draftOf, ratesOf, 300)).toBe(true);
  });

  it.each(optionsOf(catalog.augmentations))('augmentation %s: %s', async (_, option, entry) => {
    const draftOf = (augmentation: object) => ({ ...base, augmentation: [augmentation] }) as Draft;
    expect(await matters(entry, option, draftOf, endOf)).toBe(true);
  });

  it.each(optionsOf(drawable))('architecture %s: %s', async (_, option, entry) => {
    const draftOf = (architecture: object) => ({ ...base, architecture }) as Draft;
    const programOf = (draft: Draft) => JSON.stringify(compileProgram(resolveTiny(draft), tinyFacts, 'fp32'));
    expect(await matters(entry, option, draftOf, programOf)).toBe(true);
  });

  it.each(optionsOf(catalog.testTimeAugmentations))(
    'test-time augmentation %s: %s',
    async (_, option, entry) => {
      const draftOf = (testTimeAugmentation: object) =>
        ({ ...base, augmentation: [{ kind: 'horizontal-flip' }], testTimeAugmentation }) as Draft;
      const viewsOf = async (draft: Draft) => {
        const { outcome } = await trainTiny(draft);
        return JSON.stringify(outcome.status === 'succeeded' && outcome.evaluation.testTimeAugmentation);
      };
      expect(await matters(entry, option, draftOf, viewsOf)).toBe(true);
    },
  );
});
