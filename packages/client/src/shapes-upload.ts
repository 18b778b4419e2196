import type { FileSource } from './multipart.js';
import type { CreateDatasetInput } from './resources/datasets.js';
import { type ShapesOptions, shapesArchive } from './shapes/index.js';

const DEFAULT_SIZE = 32;

/** The generated dataset of shapes as a file to upload; it is drawn while it is sent. */
export const shapesFile = (options: ShapesOptions = {}): FileSource => ({
  fileName: 'shapes.tar',
  open: () => shapesArchive(options),
});

/** What to say of that file when it is uploaded. */
export function shapesFields(name: string, { size = DEFAULT_SIZE }: ShapesOptions = {}): CreateDatasetInput {
  return { name, height: size, width: size, channels: 3 };
}
