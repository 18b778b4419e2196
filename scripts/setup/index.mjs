import { build } from './build.mjs';
import { installDebianPackages, needs } from './debian-packages.mjs';
import { withLock } from './lock.mjs';
import { installNpmPackages } from './npm-packages.mjs';
import { SetupError } from './phase.mjs';

/**
 * Brings the checkout to the state that a command needs; does nothing, in well under a second, when it is there.
 * `wants` are keys of `needs`; what cannot be installed is named, and gone on without.
 */
export async function setup(wants, options) {
  if (options.off) return;
  await withLock(async () => {
    await installNpmPackages(options);
    for (const want of wants) await installDebianPackages(needs[want], options);
    await build();
  });
}

/** Runs a script's main function; a SetupError is shown as its message alone. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
