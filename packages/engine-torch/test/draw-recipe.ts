/** Recipes with a random kind and random options in every family. Whatever the catalog lists is drawn by itself. */
import { type CatalogEntry, createCatalog, Recipe, SpecError, type SpecIssue } from '@ravine/training';
import { drawGraph } from './draw-graph.js';
import { NAME, pickOne, sampleOption, sampleOptions } from './sample-options.js';
import { type Draft, resolveTiny, sizeOf, type Tiny, tiny } from './train-recipe.js';

export const catalog = createCatalog();

/** Networks whose options the catalog describes whole; those of the user's own are drawn by `drawNetwork`. */
export const drawable = catalog.architectures.filter(({ kind }) => kind !== 'layers' && kind !== 'graph');

/** Splits, sizes and classes differ: what is held out, judged on, or has an odd height depends on them. */
export const datasets: Tiny[] = [
  tiny('ds_rgb', { height: 32, width: 32, channels: 3, classes: 2, count: 24 }, { test: 8 }),
  tiny('ds_gray', { height: 17, width: 13, channels: 1, classes: 2, count: 26 }, {}),
  tiny('ds_odd', { height: 20, width: 28, channels: 3, classes: 5, count: 23 }, { validation: 7, test: 5 }),
];

/** Fields that say where a run happens, not what it is. */
const PLACES = ['dataset', 'preset', 'engine', 'device'];
export const FIELDS = Object.keys(catalog.recipe.properties as object).filter(
  (name) => !PLACES.includes(name),
);

const part = (family: CatalogEntry[], key: number, place: number) =>
  sampleOptions(pickOne(family, key, place), key, place);

/** Up to `most` of a family. */
const some = (family: CatalogEntry[], key: number, place: number, most: number) =>
  Array.from({ length: pickOne([...Array(most + 1).keys()], key, place) }, (_, i) =>
    part(family, key, place + 1 + i),
  );

const lengths = [{ steps: 1 }, { steps: 3 }, { steps: 7 }, { epochs: 0.5 }, { epochs: 1 }];

const entryOf = (wanted: string) => catalog.architectures.find(({ kind }) => kind === wanted) as CatalogEntry;

function drawNetwork(key: number, dataset: Tiny): object {
  if (key % 6 === 3)
    return drawGraph(entryOf('graph'), key, (network) => {
      const draft = { architecture: network } as Draft;
      return toChange(draft, dataset).length > 0;
    });
  if (key % 6 !== 0) return part(drawable, key, 1);
  const entry = entryOf('layers');
  const body = (sampleOptions(entry, key, 1) as unknown as { layers: object[] }).layers;
  const before = { kind: 'conv2d', name: NAME, outChannels: 6, stride: 2 };
  return {
    kind: 'layers',
    layers: [before, ...body, { kind: 'flatten' }, { kind: 'linear', outFeatures: 'classes' }],
  };
}

/** Fields that are drawn from a family, or within what a small run can show. */
const special: Record<string, (key: number, dataset: Tiny) => unknown> = {
  architecture: drawNetwork,
  loss: (key) => part(catalog.losses, key, 2),
  optimizer: (key) => ({
    ...part(catalog.optimizers, key, 3),
    ...(key % 8 === 0 ? { learningRate: pickOne([1, 30, 1000], key, 46) } : {}),
  }),
  schedule: (key) =>
    [part(catalog.schedules, key, 10), ...some(catalog.schedules, key, 11, 2)].map((segment, i) => ({
      ...segment,
      for: pickOne(lengths, key, 20 + i),
    })),
  augmentation: (key) => some(catalog.augmentations, key, 30, 3),
  batchSize: (key) => pickOne([2, 5, 8, 11], key, 40),
  epochs: (key) => pickOne([1, 2, 3, 4], key, 41),
  seed: (key) => key,
  progressiveResizing: (key) =>
    pickOne([null, { stages: [{ scale: pickOne([0.5, 0.65, 0.8], key, 44), for: { epochs: 1 } }] }], key, 45),
  testTimeAugmentation: (key) => pickOne([null, part(catalog.testTimeAugmentations, key, 42)], key, 43),
};

const drawField = (name: string, key: number, dataset: Tiny): unknown =>
  (special[name] ?? ((one) => sampleOption({ schema: catalog.recipe }, name, one)))(key, dataset);

/** What is wrong with a recipe; an error that is no refusal is a fault, and thrown. */
export function problemsOf(draft: Draft, dataset?: Tiny): SpecIssue[] {
  const { error } = Recipe.safeParse({ ...draft, dataset: 'ds_tiny' });
  if (error) return error.issues as SpecIssue[];
  try {
    resolveTiny(draft, dataset);
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.issues;
  }
}

/** What is to be changed: the refused fields; the network, where it is too large for a test. */
function toChange(draft: Draft, dataset: Tiny): { path: (string | number)[]; message: string }[] {
  const issues = problemsOf(draft, dataset);
  if (issues.length > 0) return issues as SpecIssue[];
  const { parameters, bytes } = sizeOf(draft, dataset);
  return parameters > 1e6 || bytes > 3e7 ? [{ path: ['architecture'], message: 'too large' }] : [];
}

/**
 * A recipe that is not refused. A field that is refused is drawn again, and left out in the end: a refusal that names the
 * wrong field would never be lifted.
 */
export function drawRecipe(key: number): { draft: Draft; dataset: Tiny; refusals: string[] } {
  const dataset = pickOne(datasets, key, 0);
  const chosen = FIELDS.filter((name, i) => name in special || pickOne([true, false], key, 50 + i));
  let draft = Object.fromEntries(chosen.map((name) => [name, drawField(name, key, dataset)])) as Draft;
  const refusals: string[] = [];
  for (let again = 1; again <= 60; again++) {
    const issues = toChange(draft, dataset);
    if (issues.length === 0) return { draft, dataset, refusals };
    for (const { path, message } of issues) refusals.push(`${path.join('.')}: ${message}`);
    for (const name of new Set(issues.map(({ path }) => String(path[0])))) {
      if (!FIELDS.includes(name)) throw new Error(`no field is named: ${refusals.at(-1)}`);
      const { [name as keyof Draft]: _, ...rest } = draft;
      const value =
        again < 20 || name === 'architecture' ? drawField(name, key + 1_000_003 * again, dataset) : undefined;
      draft = (value === undefined ? rest : { ...rest, [name]: value }) as Draft;
    }
  }
  throw new Error(`refused to the end: ${refusals.slice(-5).join('; ')}\n${JSON.stringify(draft)}`);
}
