#!/usr/bin/env node
// `npm start`: sets up what is missing, then becomes the service (apps/standalone) in this same process.
import './setup/node-version.mjs';
import { engineMissing } from './setup/engine.mjs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { note } from './setup/phase.mjs';

await main(async () => {
  const options = setupOptions(process.argv.slice(2));
  if (options.rest.length > 0) {
    console.error(
      `npm start takes no arguments but --no-install, not ${options.rest.join(' ')}; settings are environment variables, see README.md`,
    );
    return 2;
  }
  await setup(['engine'], options);
  const reason = engineMissing();
  if (reason) note(`starting without an engine, jobs will be refused: ${reason}`);
  await import('../apps/standalone/dist/main.js');
});
