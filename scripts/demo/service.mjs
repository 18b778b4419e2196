import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, stamps } from '../setup/paths.mjs';
import { SetupError } from '../setup/phase.mjs';

const START_MS = 120_000;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function readServiceFile(data) {
  try {
    return JSON.parse(readFileSync(path.join(data, 'service.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** The service that runs on a data folder, or null. */
export async function findService(data) {
  const service = readServiceFile(data);
  if (service === null) return null;
  const answer = await fetch(`${service.url}/healthz`, { signal: AbortSignal.timeout(2000) }).catch(
    () => null,
  );
  return answer?.ok ? service : null;
}

/**
 * Starts a service on a data folder. Without `keep` it ends when this process does, however that happens: the channel
 * to it is its leash.
 */
export async function startService(data, { keep }) {
  mkdirSync(stamps, { recursive: true });
  const log = path.join(stamps, 'service.log');
  const output = openSync(log, 'w');
  const child = spawn(process.execPath, [path.join(root, 'apps/standalone/dist/main.js')], {
    cwd: root,
    env: { ...process.env, RAVINE_DATA: data, npm_lifecycle_event: '' },
    detached: true,
    stdio: keep ? ['ignore', output, output] : ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  const exited = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  let ended = false;
  exited.then(() => {
    ended = true;
  });
  // Ctrl-C while it starts: the default action ends this process, and with it the leash.
  for (const end = Date.now() + START_MS; Date.now() < end && !ended; await sleep(50)) {
    const service = readServiceFile(data);
    if (service?.pid !== child.pid) continue;
    child.unref();
    child.channel?.unref();
    return { ...service, child, exited };
  }
  child.kill('SIGTERM');
  const said = readFileSync(log, 'utf8').trim();
  if (said.includes('it is still starting')) return waitForOther(data, said);
  throw new SetupError(`The service did not start:\n${said}`);
}

/** Another command is starting the service of the folder at this moment: use that one, and leave it alone. */
async function waitForOther(data, said) {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(200)) {
    const service = await findService(data);
    if (service) return { ...service, child: null };
  }
  throw new SetupError(`The service did not start:\n${said}`);
}

/** Ends a service that was started here and waits until it is gone; one that another command started stays. */
export async function endService({ child, exited }) {
  if (child === null) return;
  child.ref();
  child.kill('SIGTERM');
  await exited;
}
