import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from './safetensors.js';

const checkpoint: Checkpoint = {
  metadata: {
    format: 'ravine-checkpoint-1',
    role: 'last',
    recipeHash: 'abc',
    engine: 'reference',
    build: 'reference 1',
    precision: 'fp32',
    position: {
      step: 12,
      epoch: 1,
      partial: { samples: 20, lossSum: 0.1 + 0.2, correct: 7 },
      best: { epoch: 1, step: 10, validationLoss: 1 / 3, validationAccuracy: 0.5 },
      staleEpochs: 0,
      schedule: { '1.0': { scale: 0.1, best: 2.5 } },
      recovery: { rollbacks: 1, from: 10 },
      rangeTest: { steps: 12, mean: 0.1, best: 1 / 3 },
    },
  },
  tensors: new Map([
    ['model.fc1.weight', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 1e-30) }],
    ['model.fc1.bias', { shape: [2], data: Float64Array.of(0.1, Math.PI) }],
    ['optimizer.mean.fc1.bias', { shape: [0], data: new Float32Array() }],
  ]),
};

const bytesOf = (header: unknown, tail = 0): Uint8Array => {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + tail);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
};

describe('checkpoints', () => {
  it('come back as they were, and always as the same bytes', () => {
    const bytes = encodeCheckpoint(checkpoint);
    expect(decodeCheckpoint(bytes)).toEqual(checkpoint);
    const shuffled = { ...checkpoint, tensors: new Map([...checkpoint.tensors].reverse()) };
    expect(encodeCheckpoint(shuffled)).toEqual(bytes);
    const embedded = new Uint8Array([9, ...bytes]).subarray(1); // an odd offset into a bigger buffer
    expect(decodeCheckpoint(embedded)).toEqual(checkpoint);
    // What readFile gives: its slice() is a view, and a view of a copy would show the whole file.
    expect(decodeCheckpoint(Buffer.from(bytes))).toEqual(checkpoint);
  });

  it('lay tensors out as safetensors says', () => {
    const bytes = encodeSafetensors(new Map([['a', { shape: [1], data: Float32Array.of(1) }]]), { k: 'v' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { k: 'v' },
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f]);
  });
});

describe('untrusted bytes', () => {
  const entry = (from: number, to: number, shape = [1]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [from, to],
  });
  it.each([
    ['empty', new Uint8Array()],
    ['a header longer than the file', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255)],
    ['text', new TextEncoder().encode('PK this is a zip file, is it not?')],
    ['a header that is not JSON', bytesOf('{"a":')],
    ['a header that is a list', bytesOf([1])],
    ['an unknown dtype', bytesOf({ a: { ...entry(0, 4), dtype: 'I64' } }, 4)],
    ['a shape that does not fit', bytesOf({ a: entry(0, 4, [2]) }, 4)],
    ['a huge shape', bytesOf({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, 4)],
    ['a negative offset', bytesOf({ a: entry(-4, 0) }, 4)],
    ['an offset beyond the end', bytesOf({ a: entry(0, 4) }, 2)],
    ['an overlap', bytesOf({ a: entry(0, 4), b: entry(2, 6) }, 6)],
    ['a gap', bytesOf({ a: entry(0, 4), b: entry(8, 12) }, 12)],
    ['bytes left over', bytesOf({ a: entry(0, 4) }, 8)],
    ['metadata that is not text', bytesOf({ __metadata__: { a: 1 } })],
  ])('%s are refused', (_, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
  });

  it.each([
    ['no position', {}],
    ['a position that is not JSON', { ravine: '{' }],
    [
      'a position with a negative step',
      {
        ravine: JSON.stringify({
          ...checkpoint.metadata,
          position: { ...checkpoint.metadata.position, step: -1 },
        }),
      },
    ],
  ])('%s is refused', (_, metadata: Record<string, string>) => {
    expect(() => decodeCheckpoint(encodeSafetensors(new Map(), metadata))).toThrow(SafetensorsError);
  });

  it('a checkpoint from before schedules and range tests had a state, runs went back, and builds were named has none of it', () => {
    const { schedule: _, rangeTest: __, recovery: ___, ...position } = checkpoint.metadata.position;
    const { build: ____, ...metadata } = checkpoint.metadata;
    const old = encodeSafetensors(new Map(), { ravine: JSON.stringify({ ...metadata, position }) });
    const rangeTest = { steps: 0, mean: 0, best: null };
    expect(decodeCheckpoint(old).metadata).toEqual({
      ...metadata,
      build: null,
      position: { ...position, schedule: {}, rangeTest, recovery: null },
    });
  });

  it('a damaged file is refused or read, but nothing else is thrown', () => {
    const good = encodeCheckpoint(checkpoint);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, length) => {
        const bad = good.slice(0, length);
        if (at < bad.length) bad[at] = value;
        try {
          decodeCheckpoint(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
