import type { Io } from './io.js';
import { runCli } from './program.js';

/** Runs a command line and keeps what it says; for tests only. */
export async function captured(argv: string[], io: Pick<Io, 'env' | 'defaultDataFolder'> & Partial<Io>) {
  let out = '';
  let err = '';
  const code = await runCli(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    columns: null,
    signal: new AbortController().signal,
    readStdin: async () => '',
    ...io,
  });
  return { code, out, err };
}
