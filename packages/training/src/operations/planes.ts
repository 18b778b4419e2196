import type { Pixels } from './definition.js';

/** The pixels in channels-first order [C, H, W], as networks see them. */
export function toPlanes({ height, width, channels, data }: Pixels): Float64Array {
  const planes = new Float64Array(data.length);
  for (let p = 0; p < height * width; p++)
    for (let c = 0; c < channels; c++) planes[c * height * width + p] = data[p * channels + c] as number;
  return planes;
}

/** Back to bytes, rounded half up. */
export function fromPlanes(planes: Float64Array, height: number, width: number): Pixels {
  const area = height * width;
  const channels = planes.length / area;
  const data = Uint8Array.from(planes, (_, i) =>
    Math.floor((planes[(i % channels) * area + Math.floor(i / channels)] as number) + 0.5),
  );
  return { height, width, channels, data };
}
