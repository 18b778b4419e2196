import { save } from '../../node/save.js';
import type { BodyOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { UsageError } from '../exit-code.js';
import { findDataset } from '../find-dataset.js';
import { bytes } from '../format.js';
import { integerValue } from '../option-values.js';

type Body = BodyOf<'previewAugmentation'>;

interface PreviewFlags extends Omit<Body, 'augmentation' | 'preset'> {
  preset?: string;
  augmentation?: string;
  output?: string;
}

export function addPreviewCommand(set: CommandSet): void {
  set
    .add(
      'preview <dataset>',
      'save a PNG of augmented training images: rows of samples, columns of epochs',
      preview,
    )
    .option('--preset <kind>', 'the augmentation of this preset')
    .option('--augmentation <json>', 'a JSON array, e.g. [{"kind":"random-crop","padding":4}]')
    .option('--seed <number>', 'of the draws; default 0', integerValue)
    .option('--first-sample <index>', 'of the train split; default 0', integerValue)
    .option('--samples <count>', 'rows; default 4', integerValue)
    .option('--first-epoch <number>', 'default 0, the first of a run', integerValue)
    .option('--epochs <count>', 'columns; default 4', integerValue)
    .option('-o, --output <file>', 'default: <dataset id>-preview.png');
}

/** The service checks the content. */
function listOf(text: string): Body['augmentation'] {
  try {
    return JSON.parse(text) as Body['augmentation'];
  } catch (error) {
    throw new UsageError(`--augmentation is not JSON: ${(error as Error).message}`);
  }
}

async function preview(context: Context, idOrName: string, flags: PreviewFlags) {
  const { client, signal } = context;
  const { preset, augmentation, output, ...rest } = flags;
  if ((preset === undefined) === (augmentation === undefined))
    throw new UsageError('give exactly one of --preset and --augmentation');
  const { id } = await findDataset(client, idOrName);
  const body: Body =
    augmentation === undefined
      ? { ...rest, preset: preset as Body['preset'] }
      : { ...rest, augmentation: listOf(augmentation) };
  const file = output ?? `${id}-preview.png`;
  const saved = await save(await client.datasets.preview(id, body, { signal }), file);
  context.print({ file, bytes: saved.bytes }, () => `${file} (${bytes(saved.bytes)})`);
}
