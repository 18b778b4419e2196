#!/usr/bin/env node
// `npm start`: sets up what is missing, then becomes the service (apps/standalone) in this same process.
import './setup/node-version.mjs';
import { howToInstall } from './setup/debian-packages.mjs';
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
  const { engine = [] } = await setup(['engine'], options);
  if (engine.length > 0) note(`starting without an engine: jobs will be refused. ${howToInstall(engine)}`);
  await import('../apps/standalone/dist/main.js');
});
