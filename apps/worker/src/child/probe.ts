import { loadTorchEngine } from '@ravine/engine-torch';
import { openChannel } from './channel.js';

/** Loads every engine and says what works here. */
export async function probe(): Promise<void> {
  const { engine, reason } = loadTorchEngine();
  const info = engine?.describe();
  const torch = {
    name: 'torch',
    available: info !== undefined,
    reason: info ? null : reason,
    libraries: info?.libraries ?? {},
    devices: info?.devices ?? [],
  };
  await openChannel('probe').finish({ type: 'engines', engines: [torch] });
}
