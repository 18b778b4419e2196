/** No option of any kind is without effect: changed alone, it changes what a run ends with. */
import {
  type CatalogEntry,
  compileProgram,
  learningRateCurve,
  momentumCurve,
  observeEpoch,
  type RecipeInput,
  type ScheduleState,
} from '@ravine/training';
import { expect, it } from 'vitest';
import { catalog, drawable, FIELDS, problemsOf } from '../test/draw-recipe.js';
import { describeNative } from '../test/harness.js';
import { changed, type Option, optionsIn, withValue, wordsOf } from '../test/option-paths.js';
import { NAME, type Schema, sampleOptions } from '../test/sample-options.js';
import { type Draft, resolveTiny, tinyFacts, trainTiny } from '../test/train-recipe.js';

const network = {
  kind: 'layers',
  layers: [
    { kind: 'conv2d', outChannels: 4, stride: 2 },
    { kind: 'batch-norm' },
    { kind: 'relu' },
    { kind: 'global-average-pool' },
    { kind: 'linear', outFeatures: 3 },
    { kind: 'linear', outFeatures: 'classes' },
  ],
} satisfies RecipeInput['architecture'];
const base = { architecture: network, epochs: 2, batchSize: 8 } satisfies Draft;

type DraftOf = (options: object) => Draft;
type ResultOf = (draft: Draft) => string | Promise<string>;

const admitted = (draft: Draft): boolean => problemsOf(draft).length === 0;

/** Pairs of recipes that are both allowed and, with their defaults, differ in the option only. */
function* pairs(entry: { schema: object }, option: Option, draftOf: DraftOf): Generator<[Draft, Draft]> {
  for (let key = 1; key <= 400; key++) {
    const options = sampleOptions(entry as CatalogEntry, key);
    const one = draftOf(options);
    if (!admitted(one)) continue;
    for (const other of changed(options, option, key).map((changes) => draftOf(changes as object)))
      if (admitted(other) && JSON.stringify(resolveTiny(one)) !== JSON.stringify(resolveTiny(other)))
        yield [one, other];
  }
}

interface Question {
  draftOf: DraftOf;
  resultOf: ResultOf;
  tries?: number;
}

/** Whether some pair ends differently. */
async function matters(entry: { schema: object }, option: Option, question: Question): Promise<boolean> {
  const { draftOf, resultOf, tries = 12 } = question;
  let tried = 0;
  for (const [one, other] of pairs(entry, option, draftOf)) {
    if ((await resultOf(one)) !== (await resultOf(other))) return true;
    if (++tried === tries) break;
  }
  return false;
}

/** Words that end like another one in every recipe that was tried. `auto` is always another word for something. */
async function synonyms(entry: { schema: object }, option: Option, question: Question): Promise<unknown[]> {
  const { draftOf, resultOf, tries = 12 } = question;
  const words = wordsOf(option).filter((word) => word !== 'auto');
  const [seen, distinct] = [new Set<unknown>(), new Set<unknown>()];
  let tried = 0;
  for (let key = 1; key <= 400 && distinct.size < words.length && tried < tries; key++) {
    const one = sampleOptions(entry as CatalogEntry, key);
    const drafts = words.flatMap((word) => {
      const options = withValue(one, option.path, word);
      return options && admitted(draftOf(options)) ? [{ word, draft: draftOf(options) }] : [];
    });
    if (drafts.length < 2) continue;
    tried++;
    const ends: string[] = [];
    for (const { draft } of drafts) ends.push(await resultOf(draft));
    drafts.forEach(({ word }, i) => {
      seen.add(word);
      if (ends.filter((end) => end === ends[i]).length === 1) distinct.add(word);
    });
  }
  return [...seen].filter((word) => !distinct.has(word));
}

async function expectEffect(entry: { schema: object }, option: Option, question: Question): Promise<void> {
  expect(await matters(entry, option, question)).toBe(true);
  expect(await synonyms(entry, option, question), 'words that mean what others do').toEqual([]);
}

const architecture = (kind: string) =>
  catalog.architectures.find((one) => one.kind === kind)?.schema as Schema;
/** Options that one draw in a thousand would be allowed; their tests are in whitening.test.ts. */
const isRare = ({ path }: Option): boolean => path.join() === 'whitening';
/** The layers that a network of the user's own may have. */
const layerKinds = (architecture('layers').properties?.layers?.items?.oneOf ?? []).map(
  (schema) => ({ kind: schema.properties?.kind?.const, schema }) as unknown as CatalogEntry,
);

const optionsOf = (family: CatalogEntry[]): [string, string, CatalogEntry, Option][] =>
  family.flatMap((entry) =>
    optionsIn(entry.schema as Schema)
      .filter((option) => !isRare(option))
      .map((option): [string, string, CatalogEntry, Option] => [
        entry.kind,
        option.path.join('.'),
        entry,
        option,
      ]),
  );

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
      trainAccuracy: validationAccuracy ** 2,
      validationLoss,
      validationAccuracy,
    };
    state = observeEpoch(schedule, 120, state, { step: step + 1, ...result });
  }
  const momentumAt = momentumCurve(schedule, 120);
  return [...rates, ...rates.map((_, step) => momentumAt?.(step) ?? null)].join();
}

/** All that a run leaves, but for the hash of its recipe, by which no two would be alike. */
const endOf: ResultOf = async (draft) => {
  const { outcome, ...left } = await trainTiny(draft, { recipeHash: '' });
  const { trainSeconds: _, ...rest } = outcome;
  return JSON.stringify([rest, left]);
};

/** What a run is to be like for an option of it to matter. */
const circumstances: Record<string, Partial<Draft>> = {
  recovery: {
    optimizer: { kind: 'sgd', learningRate: 10 },
    architecture: { kind: 'mlp' },
    loss: { kind: 'mse-outputs' },
  },
  earlyStopping: { epochs: 12, optimizer: { kind: 'sgd', learningRate: 3 } },
  parameterGroups: { optimizer: { kind: 'sgd', learningRate: 0.1, weightDecay: 0.1 } },
};

/** Options by whose value the worker, not the run, acts. */
const OF_THE_WORKER = ['recovery.outOfMemory'];
/** Their kinds are families of their own. */
const FAMILIES = ['architecture', 'loss', 'optimizer', 'schedule', 'augmentation', 'testTimeAugmentation'];

const runOptions = optionsIn(catalog.recipe as Schema)
  .filter(({ path }) => FIELDS.includes(String(path[0])) && !FAMILIES.includes(String(path[0])))
  .map((option): [string, Option] => [option.path.join('.'), option])
  .filter(([name]) => !OF_THE_WORKER.some((one) => name.startsWith(one)));

describeNative('no option is without effect', () => {
  it.each(optionsOf(catalog.optimizers))('optimizer %s: %s', async (_, __, entry, option) => {
    // Some weigh the steps by the highest rate so far.
    const schedule = [{ kind: 'warmup', for: { steps: 4 } }];
    const draftOf: DraftOf = (optimizer) => ({ ...base, schedule, optimizer }) as Draft;
    await expectEffect(entry, option, { draftOf, resultOf: endOf });
  });

  it.each(optionsOf(catalog.losses))('loss %s: %s', async (_, __, entry, option) => {
    const draftOf: DraftOf = (loss) => ({ ...base, loss }) as Draft;
    await expectEffect(entry, option, { draftOf, resultOf: endOf });
  });

  it.each(runOptions)('run option %s', async (_, option) => {
    const name = String(option.path[0]);
    const properties = catalog.recipe.properties as Record<string, Schema>;
    const entry = { schema: { properties: { [name]: properties[name] }, required: [name], type: 'object' } };
    const draftOf: DraftOf = (options) => ({ ...base, ...circumstances[name], ...options }) as Draft;
    await expectEffect(entry, option, { draftOf, resultOf: endOf });
  });

  it.each(optionsOf(catalog.schedules))('schedule %s: %s', async (_, __, entry, option) => {
    const draftOf: DraftOf = (segment) =>
      ({
        ...base,
        epochs: 40,
        schedule: [
          { kind: 'constant', for: { steps: 3 } },
          { for: { steps: 110 }, ...segment },
          { kind: 'constant', factor: 0.5 },
        ],
      }) as Draft;
    await expectEffect(entry, option, { draftOf, resultOf: ratesOf, tries: 300 });
  });

  it.each(optionsOf(catalog.augmentations))('augmentation %s: %s', async (_, __, entry, option) => {
    const draftOf: DraftOf = (augmentation) => ({ ...base, augmentation: [augmentation] }) as Draft;
    await expectEffect(entry, option, { draftOf, resultOf: endOf });
  });

  it.each(optionsOf(drawable))('architecture %s: %s', async (_, __, entry, option) => {
    const draftOf: DraftOf = (architecture) => ({ ...base, architecture }) as Draft;
    const resultOf: ResultOf = (draft) =>
      JSON.stringify(compileProgram(resolveTiny(draft), tinyFacts, 'fp32'));
    await expectEffect(entry, option, { draftOf, resultOf });
  });

  it.each(optionsOf(layerKinds))('layer %s: %s', async (_, __, entry, option) => {
    const before = { kind: 'conv2d', name: NAME, outChannels: 32, stride: 8 };
    const flatten = { kind: 'flatten' };
    const place = entry.kind === 'linear' ? [flatten] : [];
    const draftOf: DraftOf = (layer) => {
      const layers = [before, ...place, layer, flatten, { kind: 'linear', outFeatures: 'classes' }];
      return { ...base, architecture: { kind: 'layers', layers } } as Draft;
    };
    await expectEffect(entry, option, { draftOf, resultOf: endOf });
  });

  it.each(optionsOf(catalog.testTimeAugmentations))(
    'test-time augmentation %s: %s',
    async (_, __, entry, option) => {
      const draftOf: DraftOf = (testTimeAugmentation) =>
        ({ ...base, augmentation: [{ kind: 'horizontal-flip' }], testTimeAugmentation }) as Draft;
      await expectEffect(entry, option, { draftOf, resultOf: endOf });
    },
  );
});
