import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** What `<data>/service.json` tells the command line about the service that runs there. */
export interface ServiceFile {
  url: string;
  pid: number;
  startedAt: string;
}

const fileIn = (folder: string) => path.join(folder, 'service.json');

/** Appears whole or not at all; readable by its owner only. */
export async function writeServiceFile(folder: string, content: ServiceFile): Promise<void> {
  const draft = `${fileIn(folder)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await rename(draft, fileIn(folder));
}

/** Null when there is none, or it cannot be read. */
export async function readServiceFile(folder: string): Promise<ServiceFile | null> {
  try {
    return JSON.parse(await readFile(fileIn(folder), 'utf8')) as ServiceFile;
  } catch {
    return null;
  }
}

export const removeServiceFile = (folder: string): Promise<void> => rm(fileIn(folder), { force: true });
