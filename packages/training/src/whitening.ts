import { symmetricEigen } from './eigen.js';
import type { PackedDataset } from './engine.js';
import type { Program } from './program.js';

/** Added to each eigenvalue (Jordan 2024). */
export const WHITENING_EPSILON = 5e-4;
/** Images that the patches are taken from, where there are as many (Jordan 2024). */
const MOST_IMAGES = 5000;
/** Products in the sums of a covariance; about three seconds of one core. */
const MOST_PRODUCTS = 1e9;
/** Values of a patch: eigenvectors of more take minutes. */
export const MOST_PATCH_VALUES = 256;

/** The images of the train split that a run learns from. */
export interface TrainImages {
  data: PackedDataset;
  /** Into the train split. */
  indices: Int32Array;
}

/** Images that the filters of this size are computed from: 5000, or fewer of large images. */
export function whiteningImages({ channels, height, width }: Program['input'], kernel: number): number {
  const values = kernel * kernel * channels;
  const products = ((height - kernel + 1) * (width - kernel + 1) * values * (values + 1)) / 2;
  return Math.max(1, Math.min(MOST_IMAGES, Math.floor(MOST_PRODUCTS / products)));
}

/** Σ x and the upper triangle of Σ x xᵀ over patches x of bytes, in C, H, W order. Whole numbers, so exact below 2⁵³. */
interface PatchSums {
  count: number;
  sums: Float64Array;
  products: Float64Array;
}

/** Adds every patch that lies wholly within the image (NHWC). */
function addPatches(total: PatchSums, image: Uint8Array, data: PackedDataset, kernel: number): void {
  const { height, width, channels } = data;
  const { sums, products } = total;
  const offsets = Int32Array.from(sums, (_, i) => {
    const [channel, place] = [Math.floor(i / kernel ** 2), i % kernel ** 2];
    return (Math.floor(place / kernel) * width + (place % kernel)) * channels + channel;
  });
  const n = offsets.length;
  const patch = new Float64Array(n);
  for (let y = 0; y + kernel <= height; y++)
    for (let x = 0; x + kernel <= width; x++) {
      const corner = (y * width + x) * channels;
      for (let i = 0; i < n; i++) patch[i] = image[corner + (offsets[i] as number)] as number;
      for (let i = 0; i < n; i++) {
        const value = patch[i] as number;
        sums[i] = (sums[i] as number) + value;
        for (let j = i; j < n; j++)
          products[i * n + j] = (products[i * n + j] as number) + value * (patch[j] as number);
      }
      total.count++;
    }
}

/** Of `images` of the run's images, evenly spread over them, or of all where there are fewer. */
function patchSums({ data, indices }: TrainImages, kernel: number, images: number): PatchSums {
  const { train } = data.splits;
  if (train === undefined) throw new Error('the dataset has no train split');
  const n = kernel * kernel * data.channels;
  const total = { count: 0, sums: new Float64Array(n), products: new Float64Array(n * n) };
  const bytes = data.height * data.width * data.channels;
  const taken = Math.min(images, indices.length);
  for (let i = 0; i < taken; i++) {
    const index = indices[Math.floor((i * indices.length) / taken)] as number;
    const shard = train.shards[Math.floor(index / train.imagesPerShard)] as Uint8Array;
    const begin = (index % train.imagesPerShard) * bytes;
    addPatches(total, shard.subarray(begin, begin + bytes), data, kernel);
  }
  return total;
}

/** Covariance [n × n] of the values of a patch once normalised, which only the deviations change. */
export function patchCovariance(
  from: TrainImages,
  standardDeviation: number[],
  kernel: number,
  images: number,
): Float64Array {
  const { count, sums, products } = patchSums(from, kernel, images);
  const n = sums.length;
  const scale = Array.from(sums, (_, i) => 255 * (standardDeviation[Math.floor(i / kernel ** 2)] as number));
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) {
      const moment = (products[i * n + j] as number) / count;
      const value = moment - ((sums[i] as number) / count) * ((sums[j] as number) / count);
      covariance[i * n + j] = value / ((scale[i] as number) * (scale[j] as number));
      covariance[j * n + i] = covariance[i * n + j] as number;
    }
  return covariance;
}

/**
 * Weight [2n, channels, kernel, kernel] of a whitening layer: the n eigenvectors of the patches' covariance, of the
 * largest eigenvalue first, each divided by √(eigenvalue + epsilon), then the same n negated.
 */
export function whiteningFilters(covariance: Float64Array, epsilon: number): Float64Array {
  const n = Math.sqrt(covariance.length);
  const { values, vectors } = symmetricEigen(covariance, n);
  const filters = new Float64Array(2 * n * n);
  vectors.forEach((vector, i) => {
    const deviation = Math.sqrt(Math.max(0, values[i] as number) + epsilon); // rounding may leave less than 0
    vector.forEach((x, k) => {
      filters[i * n + k] = x / deviation;
      filters[(n + i) * n + k] = -x / deviation;
    });
  });
  return filters;
}
