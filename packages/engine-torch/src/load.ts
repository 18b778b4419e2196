import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Engine } from '@ravine/training';
import type { NativeBinding } from './binding.js';
import { createTorchEngine } from './engine.js';

/** `reason` says in plain words why there is no engine and what to type; null when there is one. */
export type TorchEngine = { engine: Engine; reason: null } | { engine: null; reason: string };

const addon = fileURLToPath(new URL('../build/ravine_torch.node', import.meta.url));
const buildStatus = fileURLToPath(new URL('../build/status.json', import.meta.url));
const BUILD = 'npm run native -w @ravine/engine-torch';

/** Why the addon does not exist: what the build left in its status file. */
function whyNotBuilt(): string {
  if (!existsSync(buildStatus)) return `the native engine has not been built. Type: ${BUILD}`;
  const status = JSON.parse(readFileSync(buildStatus, 'utf8')) as { reason?: string };
  return `the native engine was not built: ${status.reason ?? `its file is missing. Type: ${BUILD}`}`;
}

/** Enough of the addon's sha256 to tell builds apart. */
const digestOfAddon = (): string =>
  createHash('sha256').update(readFileSync(addon)).digest('hex').slice(0, 16);

/** Loads the native engine. Does not throw: a machine without libtorch still runs the service. */
export function loadTorchEngine(): TorchEngine {
  if (!existsSync(addon)) return { engine: null, reason: whyNotBuilt() };
  try {
    const binding = createRequire(import.meta.url)(addon) as NativeBinding;
    return { engine: createTorchEngine(binding, digestOfAddon()), reason: null };
  } catch (error) {
    // The dynamic loader names the library that it misses, e.g. after libtorch was removed.
    const detail = error instanceof Error ? error.message : String(error);
    return { engine: null, reason: `the native engine cannot be loaded: ${detail}. Type: ${BUILD}` };
  }
}
