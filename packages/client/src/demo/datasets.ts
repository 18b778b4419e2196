import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { FileSource } from '../multipart.js';
import { fileFromDisk } from '../node/file.js';
import type { CreateDatasetInput } from '../resources/datasets.js';
import { shapesFields, shapesFile } from '../shapes-upload.js';

export type DemoDatasetName = 'fashion-mnist' | 'shapes';

/** What the demo trains on. */
export interface DemoDataset {
  fields: CreateDatasetInput;
  files: FileSource[];
  preset: 'fashion-cnn' | 'shapes';
  /** Passes that are enough to show it; the preset trains longer. */
  epochs: number;
}

/** Where the Debian package dataset-fashion-mnist puts its files. */
const FOLDER = '/usr/share/datasets/fashion-mnist';
const FILES = [
  'train-images-idx3-ubyte.gz',
  'train-labels-idx1-ubyte.gz',
  't10k-images-idx3-ubyte.gz',
  't10k-labels-idx1-ubyte.gz',
];
/** The files hold numbers only. */
const FASHION = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
];

/** The dataset with its files and, as the label `source`, what its content is known by. Rejects with what to type. */
export async function demoDataset(name: DemoDatasetName): Promise<DemoDataset> {
  if (name === 'shapes') {
    const fields = { ...shapesFields('demo-shapes'), labels: { source: 'shapes-seed-0' } };
    return { fields, files: [shapesFile()], preset: 'shapes', epochs: 6 };
  }
  const paths = FILES.map((file) => path.join(FOLDER, file));
  const files = await Promise.all(paths.map(fileFromDisk)).catch((error: Error) => {
    throw new Error(
      `Fashion-MNIST is not installed (${error.message}). Type:\n` +
        '    sudo apt-get install -y dataset-fashion-mnist\nor take the generated dataset:\n' +
        '    npm run demo -- --dataset shapes',
    );
  });
  const fields = { name: 'fashion-mnist', classes: FASHION, labels: { source: await digest(paths) } };
  return { fields, files, preset: 'fashion-cnn', epochs: 3 };
}

async function digest(paths: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of paths) for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
