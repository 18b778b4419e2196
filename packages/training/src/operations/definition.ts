/** uint8 pixels of one image in NHWC order, gray (1 channel) or RGB (3). */
export interface Pixels {
  height: number;
  width: number;
  channels: number;
  data: Uint8Array;
}

/** A number of an operation: finite, within its range, whole where it says so. Engines refuse others. */
export interface OperationParameter {
  what: string;
  least: number;
  most: number;
  whole?: true;
}

/** How far a blend goes: 0 is the degenerate image, 1 the image itself. */
export const factor: OperationParameter = { what: 'factor', least: 0, most: 10 };

/** A byte that takes the place of pixels. */
export const fill: OperationParameter = { what: 'fill', least: 0, most: 255, whole: true };

/** A primitive change of one image: the specification that every engine's kernel repeats bit for bit, in doubles. */
export interface OperationDefinition<Kind extends string> {
  kind: Kind;
  /** In order. */
  parameters: readonly OperationParameter[];
  /** A new image of the same size; the old one is left alone. */
  apply(image: Pixels, parameters: readonly number[] | Float64Array): Uint8Array;
}

/** Every byte through one function. */
export const mapBytes = ({ data }: Pixels, byteOf: (byte: number) => number): Uint8Array => data.map(byteOf);

/**
 * degenerate + factor · (pixel − degenerate), cut to 0 … 255 and truncated, as PIL's Image.blend does; that computes in
 * fp32, so that it may differ by one level.
 */
export const blend = (degenerate: number, pixel: number, factor: number): number =>
  Math.trunc(Math.min(255, Math.max(0, degenerate + factor * (pixel - degenerate))));

/** PIL's luma of the pixel that begins at `at`: (19595 R + 38470 G + 7471 B + 32768) / 65536; a gray pixel is its own. */
export function luma({ data, channels }: Pixels, at: number): number {
  const red = data[at] as number;
  if (channels === 1) return red;
  return (red * 19595 + (data[at + 1] as number) * 38470 + (data[at + 2] as number) * 7471 + 0x8000) >> 16;
}

/** How often each byte occurs in one channel. */
function histogram({ data, channels }: Pixels, channel: number): Int32Array {
  const counts = new Int32Array(256);
  for (let i = channel; i < data.length; i += channels) counts[data[i] as number]! += 1;
  return counts;
}

/** Each channel through its own table of 256 bytes. */
export function mapChannels(image: Pixels, tableOf: (counts: Int32Array) => Uint8Array): Uint8Array {
  const { data, channels } = image;
  const tables = Array.from({ length: channels }, (_, c) => tableOf(histogram(image, c)));
  return data.map((byte, i) => (tables[i % channels] as Uint8Array)[byte] as number);
}

export const identityTable = (): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => byte);
