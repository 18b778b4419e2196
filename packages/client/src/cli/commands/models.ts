import type { Combination, Model, Prediction, TestTimeChoice } from '@ravine/contracts';
import { fileFromDisk } from '../../node/file.js';
import { save } from '../../node/save.js';
import type { CommandSet, Context } from '../context.js';
import { exitCode, UsageError } from '../exit-code.js';
import { bytes, facts, percent, table } from '../format.js';
import { integerValue, listValue, numberList, pairValue } from '../option-values.js';
import { addEvaluateCommand } from './evaluate.js';

/** Most images that one request takes. */
const BATCH = 64;

export function addModelCommands(set: CommandSet): void {
  set
    .add('create', 'make a model of a checkpoint', create)
    .option('--job <id>', 'its best checkpoint')
    .option('--checkpoint <id>')
    .option('--name <name>')
    .option('--label <key=value>', 'may be repeated', pairValue);
  set
    .add('list', 'newest first', list)
    .option('--job <id>')
    .option('--limit <count>', 'at most so many', integerValue, 50);
  set.add('show <model>', 'a model', show);
  set
    .add('download <model>', 'the weights as safetensors', download)
    .option('-o, --output <file>', 'default: <model id>.safetensors');
  set
    .add('predict <model> <images...>', 'classify images', predict)
    .option('--top-k <count>', 'classes per image', integerValue, 3)
    .option('--test-time <kind>', 'views that are averaged: none, recipe, flips or shifts')
    .option('--with <model>', 'another model that answers together with it; may be repeated', listValue)
    .option('--weight <number>', 'of each model, in their order; default equal', numberList)
    .option('--combine <kind>', 'of several models: probabilities, logits or vote');
  addEvaluateCommand(set);
}

interface CreateFlags {
  job?: string;
  checkpoint?: string;
  name?: string;
  label?: Record<string, string>;
}

async function create(context: Context, { job: jobId, checkpoint: checkpointId, name, label }: CreateFlags) {
  if ((jobId === undefined) === (checkpointId === undefined))
    throw new UsageError('give exactly one of --job and --checkpoint');
  const model = await context.client.models.create({ jobId, checkpointId, name, labels: label }, context);
  context.print(model, () => describeModel(model));
}

async function list(context: Context, { job: jobId, limit }: { job?: string; limit: number }) {
  const page = await context.client.models.list({ jobId, limit }, context);
  context.print(page, () =>
    table(
      ['ID', 'NAME', 'ARCHITECTURE', 'CLASSES', 'TEST ACCURACY', 'JOB', 'CREATED'],
      page.data.map((model) => [
        model.id,
        model.name,
        model.architecture,
        model.classes.length,
        percent(model.testAccuracy),
        model.jobId,
        model.createdAt,
      ]),
    ),
  );
}

async function show(context: Context, modelId: string) {
  const model = await context.client.models.get(modelId, context);
  context.print(model, () => describeModel(model));
}

async function download(context: Context, modelId: string, flags: { output?: string }) {
  const { client, signal } = context;
  const model = await client.models.get(modelId, { signal });
  const file = flags.output ?? `${modelId}.safetensors`;
  await save(await client.models.download(modelId, { signal }), file, model.sha256);
  context.print({ file, ...model }, () => `${file} (${bytes(model.bytes)}, sha256 verified)`);
}

interface PredictFlags {
  topK: number;
  testTime?: TestTimeChoice;
  with?: string[];
  weight?: number[];
  combine?: Combination;
}

/** One model, or several together; the service checks what the flags say. */
async function ask(
  { client, signal }: Context,
  modelId: string,
  files: Awaited<ReturnType<typeof fileFromDisk>>[],
  { topK, testTime, with: others, weight: weights, combine: combination }: PredictFlags,
) {
  const options = { topK, testTimeAugmentation: testTime };
  if (others === undefined) return client.models.predict(modelId, files, options, { signal });
  const models = [modelId, ...others];
  return client.models.predictTogether({ models, weights, combination, ...options }, files, { signal });
}

async function predict(context: Context, modelId: string, images: string[], flags: PredictFlags) {
  if (flags.with === undefined && (flags.weight !== undefined || flags.combine !== undefined))
    throw new UsageError('--weight and --combine are of several models: name the others by --with');
  const files = await Promise.all(images.map(fileFromDisk));
  let seconds = 0;
  const results: Prediction['results'] = [];
  for (let at = 0; at < files.length; at += BATCH) {
    const answer = await ask(context, modelId, files.slice(at, at + BATCH), flags);
    // Answers come in the order of the upload; the names of the command line say more than base names.
    results.push(
      ...answer.results.map((result, i) => ({ ...result, fileName: images[at + i] ?? result.fileName })),
    );
    seconds += answer.seconds;
  }
  const members = flags.with && { members: [modelId, ...flags.with] };
  context.print({ object: 'prediction', ...(members ?? { modelId }), results, seconds }, () =>
    table(
      ['IMAGE', 'CLASS', 'PROBABILITY', 'NEXT'],
      results.map(({ fileName, classes, error }) => {
        const [best, ...next] = classes ?? [];
        if (!best) return [fileName, `error: ${error?.message ?? 'no answer'}`, null, null];
        const others = next.map((other) => `${other.class} ${percent(other.probability)}`).join(', ');
        return [fileName, best.class, percent(best.probability), others];
      }),
    ),
  );
  return results.some(({ error }) => error !== null) ? exitCode.failed : exitCode.ok;
}

function describeModel(model: Model): string {
  const { height, width, channels, fit } = model.input;
  return facts({
    id: model.id,
    name: model.name,
    job: model.jobId,
    checkpoint: model.checkpointId,
    architecture: `${model.architecture}, ${model.parameterCount} parameters`,
    input: `${height}×${width}×${channels}, ${fit}`,
    classes: model.classes.join(', '),
    'test accuracy': percent(model.testAccuracy),
    size: bytes(model.bytes),
    sha256: model.sha256,
  });
}
