import type { Readiness } from './readiness.js';

/** What a person sees once the service runs. */
export function banner(url: string, dataFolder: string, readiness: Readiness | null): string {
  const engine = readiness?.parts.find(({ name }) => name === 'engine');
  const state = engine ? engine.detail : 'no worker has reported yet: see logs/worker.log in the data folder';
  return [
    '',
    `  Ravine is running at ${url}`,
    '',
    `  documentation  ${url}/docs`,
    `  data folder    ${dataFolder}`,
    `  engine         ${engine?.ok === false ? 'NONE: jobs will be refused. ' : ''}${state}`,
    '',
    '  Ctrl-C ends it; the data stays.',
    '',
  ].join('\n');
}
