import { expect, it } from 'vitest';
import golden from './golden.json' with { type: 'json' };
import { applyOperation, type Operation, operations, type Pixels } from './index.js';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
const imageOf = (name: string): Pixels => ({
  height: golden.height,
  width: golden.width,
  channels: name === 'gray' ? 1 : 3,
  data: bytes(golden.images[name as 'gray' | 'rgb']),
});

/**
 * Levels that we may differ by, and why: PIL blends in fp32, truncates bilinear sums (or rounds them twice, when it
 * resizes), and keeps hue and saturation as bytes; torchvision cuts off hue's result in fp32. All else is equal.
 */
function allowed({ kind, origin, parameters }: (typeof golden.cases)[number]): number {
  if (kind === 'hue') return origin.startsWith('PIL') ? 8 : 1;
  if (kind === 'affine') return parameters[6] === 1 ? 1 : 0;
  return kind === 'brightness' ? 1 : 0;
}

it.each(
  golden.cases.map((one) => [`${one.origin}: ${one.kind} ${one.parameters} (${one.image})`, one] as const),
)('%s', (_, one) => {
  const image = imageOf(one.image);
  const expected = bytes(one.result);
  const seen = applyOperation(image, one as Operation).data;
  expect(seen).toHaveLength(expected.length);
  const differences = seen.map((byte, i) => Math.abs(byte - (expected[i] as number)));
  expect(Math.max(...differences)).toBeLessThanOrEqual(allowed(one));
  expect(image).toEqual(imageOf(one.image));
});

it.each(Object.keys(operations).filter((kind) => kind !== 'erase'))('%s has golden images', (kind) => {
  expect(golden.cases.some((one) => one.kind === kind)).toBe(true);
});

it('a hue that is not turned, or turned once around, is the same to the last bit', () => {
  const colours = Uint8Array.from(
    { length: 3 * 4096 },
    (_, i) => [i % 256, (i * 7) % 251, (i * 31) % 241][i % 3]!,
  );
  const image = { height: 64, width: 64, channels: 3, data: colours };
  for (const turn of [0, 1, -1])
    expect(applyOperation(image, { kind: 'hue', parameters: [turn] }).data).toEqual(colours);
  const red = { height: 1, width: 1, channels: 3, data: Uint8Array.of(200, 10, 10) };
  expect([...applyOperation(red, { kind: 'hue', parameters: [1 / 3] }).data]).toEqual([10, 200, 10]);
});
