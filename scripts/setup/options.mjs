import { SetupError } from './phase.mjs';

/**
 * What the set-up may do. `RAVINE_SETUP=off` skips it altogether; `--no-install` (or RAVINE_SETUP=no-install) builds
 * but installs nothing. Returns the arguments that are left for the command itself.
 */
export function setupOptions(argv, env = process.env) {
  const mode = env.RAVINE_SETUP ?? 'on';
  if (!['on', 'off', 'no-install'].includes(mode))
    throw new SetupError(`RAVINE_SETUP is "${mode}"; it must be on, no-install or off`);
  return {
    off: mode === 'off',
    install: mode === 'on' && !argv.includes('--no-install'),
    rest: argv.filter((argument) => argument !== '--no-install'),
  };
}
