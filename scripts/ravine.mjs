#!/usr/bin/env node
// `npm run -s ravine -- …`: the command line of the client. Sets up only when it was never built.
import './setup/node-version.mjs';
import { existsSync } from 'node:fs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';

const cli = new URL('../packages/client/dist/cli/main.js', import.meta.url);

await main(async () => {
  if (!existsSync(cli)) await setup([], setupOptions([]));
  // npm runs scripts in the checkout; file names on the command line are relative to where the user is.
  if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
  await import(cli.href);
  return process.exitCode;
});
