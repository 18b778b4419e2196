/**
 * Prints the SHA-256 of what some steps of every optimizer through the fused layers give, without operations of libtorch
 * whose bits depend on the instruction set.
 */
import { createHash } from 'node:crypto';
import type { LayerInput } from '@ravine/training';
import { loadTorchEngine } from '../src/load.js';
import { optimizerVariants } from './optimizer-variants.js';
import { planOf, programFor, randomData, roughState } from './programs.js';

const { engine, reason } = loadTorchEngine();
if (engine === null) throw new Error(reason);
const size = { height: 13, width: 12, channels: 3, classes: 3, count: 20 };
const layers: LayerInput[] = [
  { kind: 'batch-norm', name: 'first' },
  { kind: 'relu' },
  { kind: 'max-pool', name: 'small' },
  { kind: 'batch-norm', name: 'norm' },
  { kind: 'add', from: 'norm', with: ['small'] },
  { kind: 'relu' },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 'classes', bias: false },
];
const plan = planOf(
  [
    [0, 1, 2, 3, 4],
    [7, 6, 5],
    [9, 19, 11],
  ],
  0.01,
);
const hash = createHash('sha256');
for (const precision of ['fp32', 'bf16'] as const)
  for (const optimizer of optimizerVariants) {
    const program = programFor(layers, size, { precision, optimizer, gradientClip: { norm: 1 } });
    const session = await engine.open(program, randomData(size), { device: 'cpu', threads: 2 });
    await session.restore(roughState(program));
    await session.train(plan);
    for (const [name, { data }] of await session.state())
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    await session.close();
  }
console.log(hash.digest('hex'));
