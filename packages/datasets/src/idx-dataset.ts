import type { SplitName } from '@ravine/training';
import { type Counts, chooseClasses } from './classes.js';
import { Refusal } from './errors.js';
import { type IdxFile, type IdxHeader, readIdxBlocks, readIdxHeader } from './idx.js';
import { type ImageShape, refit } from './image.js';
import { type Contents, type Intake, refuseTooLarge } from './intake.js';
import { orderedMap } from './ordered-map.js';
import type { SplitSource } from './pack.js';

interface Part {
  file: IdxFile;
  header: IdxHeader;
}

interface Pair {
  split: SplitName;
  images: Part;
  labels: Part;
}

const maxSide = 1024;

/**
 * Reads image and label files: 2 files are the train split; of 4 or 6, the names tell which are test (`t10k`,
 * `test`), validation (`valid`, `val`) and train. Images are [count, height, width] or [count, height, width,
 * channels]. Throws Refusal.
 */
export async function readIdxDataset(files: IdxFile[], intake: Intake): Promise<Contents> {
  const { limits } = intake;
  const pairs = pairUp(
    await Promise.all(files.map(async (file) => ({ file, header: await readIdxHeader(file) }))),
  );
  const native = nativeShape(pairs);
  const shape = declaredShape(native, intake);
  refuseTooLarge(
    pairs.reduce((sum, { labels }) => sum + labels.header.elements, 0),
    shape,
    limits,
  );
  const labels = await Promise.all(pairs.map(async (pair) => readLabels(pair)));
  const splits: SplitSource[] = pairs.map(({ split, images }, i) => ({
    split,
    labels: labels[i]!,
    images: readImages(images, native, shape, intake.concurrency),
  }));
  const classes = nameClasses(pairs, splits, intake);
  const names = new Map(pairs.map(({ split, images }) => [split, images.file.name]));
  return {
    shape,
    classes,
    splits,
    nameOf: (split, index) => `${names.get(split)}[${index}]`,
    close: async () => {},
  };
}

function pairUp(parts: Part[]): Pair[] {
  if (![2, 4, 6].includes(parts.length))
    throw new Refusal(
      'idx_files',
      `There are ${parts.length} IDX files; upload 2 (images and labels), 4 (with test) or 6 (with validation and test).`,
    );
  const found = new Map<string, Part>();
  for (const part of parts) {
    const key = `${parts.length === 2 ? 'train' : splitOf(part.file.name)} ${roleOf(part)}`;
    const other = found.get(key);
    if (other)
      throw new Refusal(
        'idx_files',
        `Both "${other.file.name}" and this file are ${key} of the dataset.`,
        part.file.name,
      );
    found.set(key, part);
  }
  return (['train', 'validation', 'test'] as const).flatMap((split) => {
    const [images, labels] = [found.get(`${split} images`), found.get(`${split} labels`)];
    if (images && labels) return [{ split, images, labels }];
    if (images || labels)
      throw new Refusal(
        'idx_files',
        `The ${split} split has ${images ? 'images but no labels' : 'labels but no images'}.`,
      );
    if (split === 'train') throw new Refusal('no_train_split', 'There are no training images and labels.');
    return [];
  });
}

function roleOf({ file, header }: Part): 'images' | 'labels' {
  const dimensions = header.dimensions.length;
  if (dimensions === 1) return 'labels';
  if (dimensions === 3 || dimensions === 4) return 'images';
  throw new Refusal(
    'malformed_idx',
    `It has ${dimensions} dimensions; labels have 1, images 3 or 4.`,
    file.name,
  );
}

function splitOf(name: string): SplitName {
  const base = (name.split('/').at(-1) ?? '').toLowerCase();
  if (/t10k|test/.test(base)) return 'test';
  if (/valid|(^|[^a-z])val([^a-z]|$)/.test(base)) return 'validation';
  if (base.includes('train')) return 'train';
  throw new Refusal(
    'idx_files',
    'Its name does not tell its split; it must contain train, valid, t10k or test.',
    name,
  );
}

function nativeShape(pairs: Pair[]): Omit<ImageShape, 'fit'> {
  const [, height = 0, width = 0, channels = 1] = pairs[0]!.images.header.dimensions;
  for (const { images, labels } of pairs) {
    const { dimensions } = images.header;
    const [count = 0, ...size] = dimensions;
    const name = images.file.name;
    if (count === 0) throw new Refusal('no_images', 'It holds no image.', name);
    if (count !== labels.header.elements)
      throw new Refusal(
        'count_mismatch',
        `It has ${count} images, but "${labels.file.name}" has ${labels.header.elements} labels.`,
        name,
      );
    if (size[0] !== height || size[1] !== width || (size[2] ?? 1) !== channels)
      throw new Refusal(
        'size_mismatch',
        `Its images are ${size.join(' × ')}, those of the train split ${height} × ${width} × ${channels}.`,
        name,
      );
    if (channels !== 1 && channels !== 3)
      throw new Refusal(
        'malformed_idx',
        `Its images have ${channels} channels; the last dimension must be 1 (gray) or 3 (RGB).`,
        name,
      );
  }
  return { height, width, channels: channels === 3 ? 3 : 1 };
}

function declaredShape(native: Omit<ImageShape, 'fit'>, { declared, limits }: Intake): ImageShape {
  const { height, width, channels, fit } = declared;
  const shape = {
    height: height ?? native.height,
    width: width ?? height ?? native.width,
    channels: channels ?? native.channels,
    fit,
  };
  if (native.height * native.width > limits.maxImagePixels || native.height * native.width === 0)
    throw new Refusal('image_size', `Images of ${native.height} × ${native.width} pixels cannot be used.`);
  if (shape.height > maxSide || shape.width > maxSide)
    throw new Refusal(
      'image_size',
      `Images of ${shape.height} × ${shape.width} are larger than ${maxSide}; declare a smaller height and width.`,
    );
  return shape;
}

async function readLabels({ labels: { file, header } }: Pair): Promise<Uint16Array> {
  let labels = new Uint16Array(0);
  for await (const block of readIdxBlocks(file, header, header.elements)) labels = Uint16Array.from(block);
  return labels;
}

function readImages(
  { file, header }: Part,
  native: Omit<ImageShape, 'fit'>,
  shape: ImageShape,
  concurrency: number,
) {
  const blocks = readIdxBlocks(file, header, native.height * native.width * native.channels);
  return orderedMap(blocks, concurrency, (pixels) => refit({ pixels, ...native }, shape));
}

/** The names that were given, else "0", "1", … up to the largest training label. */
function nameClasses(pairs: Pair[], splits: SplitSource[], { classes, limits }: Intake): string[] {
  const largest = splits[0]!.labels.reduce((max, label) => Math.max(max, label), 0);
  const names = classes ?? Array.from({ length: largest + 1 }, (_, i) => String(i));
  const counts: Counts = {};
  splits.forEach(({ split, labels }, i) => {
    const perClass = new Map(names.map((name) => [name, 0]));
    labels.forEach((label, position) => {
      const name = names[label];
      if (name === undefined)
        throw new Refusal(
          'label_out_of_range',
          `Label ${position} is ${label}, but the ${names.length} classes are 0 to ${names.length - 1}.`,
          pairs[i]!.labels.file.name,
        );
      perClass.set(name, perClass.get(name)! + 1);
    });
    counts[split] = perClass;
  });
  return chooseClasses(counts, names, limits.maxClasses);
}
