import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Client, createClient } from '../client.js';
import type { Io } from './io.js';

export interface ConnectionFlags {
  url?: string | undefined;
  apiKey?: string | undefined;
}

/** `--url`, else RAVINE_URL, else the address that a running service of this checkout left, else the default port. */
export function connect(flags: ConnectionFlags, io: Io): Client {
  const local = localService(io);
  return createClient({
    baseUrl: flags.url ?? io.env.RAVINE_URL ?? local?.url,
    apiKey: flags.apiKey ?? io.env.RAVINE_API_KEY,
  });
}

/** `service.json` of the data folder, when the process that wrote it still lives. */
function localService(io: Io): { url: string } | null {
  const file = path.join(io.env.RAVINE_DATA ?? io.defaultDataFolder, 'service.json');
  try {
    const { url, pid } = JSON.parse(readFileSync(file, 'utf8')) as { url: string; pid: number };
    process.kill(pid, 0);
    return { url };
  } catch {
    return null; // no service here, or one that crashed
  }
}
