/** The engine's own suites once more, on the GPU: this project sets RAVINE_TEST_DEVICE, which their harness reads. */
import { loadTorchEngine } from '@ravine/engine-torch';
import { it } from 'vitest';

const { engine, reason } = loadTorchEngine();
const info = engine?.describe();

if (info?.devices.some(({ kind }) => kind === 'cuda')) {
  await import('../../packages/engine-torch/src/layers.test.js');
  await import('../../packages/engine-torch/src/images.test.js');
  await import('../../packages/engine-torch/src/optimizers.test.js');
  await import('../../packages/engine-torch/src/training.test.js');
  await import('../../packages/engine-torch/src/evaluation.test.js');
  await import('../../packages/engine-torch/src/state.test.js');
} else {
  const why = reason ?? `libtorch ${info?.libraries.libtorch} finds no CUDA device on this machine`;
  it('the suites of the engine, on a GPU', ({ skip }) => skip(why));
}
