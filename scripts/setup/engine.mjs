import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const folder = path.join(root, 'packages/engine-torch/build');

/** Why the native engine could not be built and what to type, as its build script left it; null when it was built. */
export function engineMissing() {
  if (existsSync(path.join(folder, 'ravine_torch.node'))) return null;
  const unknown = 'it was never built. Type: npm run native -w @ravine/engine-torch';
  try {
    return JSON.parse(readFileSync(path.join(folder, 'status.json'), 'utf8')).reason ?? unknown;
  } catch {
    return unknown;
  }
}
