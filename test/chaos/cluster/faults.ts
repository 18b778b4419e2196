import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { points } from '../inject/points.mjs';

export type FaultAction = 'kill' | 'stop' | 'cut' | 'ENOSPC' | 'EIO';

/** A fault that struck. */
export interface Fired {
  action: FaultAction;
  point: string;
  pid: number;
}

/** Faults that wait at named points of the cluster's processes; see inject/faults.mjs for the other side. */
export interface FaultFolder {
  folder: string;
  /** Lays a fault: the first process that passes the point (after `skip` passes) takes it. */
  arm(point: string, action: FaultAction, skip?: number): Promise<void>;
  /** Takes back what has not struck. False when it has. */
  disarm(point: string): Promise<boolean>;
  fired(): Promise<Fired[]>;
  /** How often each point was passed. */
  passed(): Promise<Map<string, number>>;
}

export async function createFaultFolder(folder: string): Promise<FaultFolder> {
  await mkdir(folder, { recursive: true });
  const linesOf = async (name: string): Promise<string[]> => {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };
  return {
    folder,
    async arm(point, action, skip = 0) {
      if (!points.includes(point)) throw new Error(`there is no point ${point}`);
      const temporary = path.join(folder, `.${point}`);
      await writeFile(temporary, JSON.stringify({ action, skip }));
      await rename(temporary, path.join(folder, point));
    },
    async disarm(point) {
      return rm(path.join(folder, point)).then(
        () => true,
        () => false,
      );
    },
    fired: async () => (await linesOf('fired')).map((line) => JSON.parse(line) as Fired),
    async passed() {
      const counts = new Map<string, number>();
      for (const point of await linesOf('passed')) counts.set(point, (counts.get(point) ?? 0) + 1);
      return counts;
    },
  };
}
