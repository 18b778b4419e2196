import type { Worker } from '@ravine/contracts';
import { describeExit } from './child/exit.js';
import { startChild } from './child/host.js';

export type WorkerEngine = Worker['engines'][number];

/**
 * Which engines work on this machine, tried in a process of their own: a library that does not suit the processor may
 * end the process that loads it.
 */
export async function probeEngines(
  environment: Record<string, string>,
  onLine: (line: string) => void,
): Promise<WorkerEngine[]> {
  let engines: WorkerEngine[] | null = null;
  const child = startChild({
    purpose: 'probe',
    environment,
    onLine,
    onMessage: (message) => {
      engines = message.engines;
    },
  });
  const exit = await child.exited;
  const output = exit.stderr.join(' ');
  return engines ?? [withoutTorch(`the engine ${describeExit(exit)} while it was loaded. ${output}`.trim())];
}

export function withoutTorch(reason: string): WorkerEngine {
  return { name: 'torch', available: false, reason, libraries: {}, devices: [] };
}

/** Whether an engine computes on devices of this kind. */
export const canCompute = (engines: readonly WorkerEngine[], deviceKind: 'cpu' | 'cuda'): boolean =>
  engines.some(({ available, devices }) => available && devices.some(({ kind }) => kind === deviceKind));
