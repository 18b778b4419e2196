/** Trains, and then ends as the first argument says: `exit` in the middle of a step, `idle` with an open session. */
import type { LayerInput } from '@ravine/training';
import { loadTorchEngine } from '../src/load.js';
import { planOf, programFor, randomData, roughState } from './programs.js';

const { engine } = loadTorchEngine();
if (engine === null) throw new Error('the native engine is not built');
const size = { height: 16, width: 16, channels: 3, classes: 3, count: 32 };
const layers: LayerInput[] = [
  { kind: 'conv2d', outChannels: 32 },
  { kind: 'batch-norm' },
  { kind: 'relu' },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 'classes' },
];
const program = programFor(layers, size, { precision: 'fp32' });
const session = await engine.open(program, randomData(size), { device: 'cpu', threads: 2 });
await session.restore(roughState(program));
const batch = Array.from({ length: 32 }, (_, i) => i);

if (process.argv[2] === 'exit') {
  const plan = planOf(
    Array.from({ length: 50_000 }, () => batch),
    1e-4,
  );
  await session.train(plan, { onProgress: () => process.exit(7) });
} else {
  await session.train(planOf([batch], 1e-4));
  console.log('idle');
}
