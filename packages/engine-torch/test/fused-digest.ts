/** Prints the SHA-256 of what some steps through the fused layers give, without layers that libtorch computes. */
import { createHash } from 'node:crypto';
import { loadTorchEngine } from '../src/load.js';
import { planOf, programFor, randomData, roughState } from './programs.js';

const { engine, reason } = loadTorchEngine();
if (engine === null) throw new Error(reason);
const size = { height: 13, width: 12, channels: 3, classes: 3, count: 20 };
const program = programFor(
  [
    { kind: 'batch-norm', name: 'first' },
    { kind: 'relu' },
    { kind: 'max-pool', name: 'small' },
    { kind: 'batch-norm', name: 'norm' },
    { kind: 'add', from: 'norm', with: ['small'] },
    { kind: 'relu' },
    { kind: 'flatten' },
    { kind: 'linear', outFeatures: 'classes', bias: false },
  ],
  size,
  { precision: 'fp32', optimizer: { kind: 'adam' }, gradientClip: { norm: 1 } },
);
const session = await engine.open(program, randomData(size), { device: 'cpu', threads: 2 });
await session.restore(roughState(program));
await session.train(
  planOf(
    [
      [0, 1, 2, 3, 4],
      [7, 6, 5],
      [9, 19, 11],
    ],
    0.01,
  ),
);
const hash = createHash('sha256');
for (const [name, { data }] of await session.state())
  hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
await session.close();
console.log(hash.digest('hex'));
