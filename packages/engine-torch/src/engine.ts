import { createRequire } from 'node:module';
import { type Engine, momentumOption, slotArrays } from '@ravine/training';
import type { NativeBinding } from './binding.js';
import { checkData } from './check-data.js';
import { checkProgram } from './check-program.js';
import { support, toEngineError } from './engine-fault.js';
import { createSession } from './session.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** The engine boundary over the native addon. */
/** `digest` names the build of the addon. */
export function createTorchEngine(binding: NativeBinding, digest: string): Engine {
  const described = binding.describe();
  const libraries = Object.entries(described.libraries).map(([name, one]) => `${name} ${one}`);
  const build = [`torch ${version}`, ...libraries, `addon ${digest}`].join(', ').slice(0, 256);
  const info = { name: 'torch', version, build, ...described };
  return {
    name: info.name,
    describe: () => info,
    async open(program, data, { device, threads }) {
      const ids = info.devices.map((known) => known.id);
      support(
        ids.includes(device),
        () => `device "${device}" does not exist here; there are: ${ids.join(', ')}`,
      );
      support(
        Number.isInteger(threads) && threads >= 1,
        () => `threads is ${threads}; it must be an integer of at least 1`,
      );
      checkProgram(program);
      checkData(data, program);
      const slots = program.parameters.flatMap(({ name, shape }) =>
        slotArrays(program.optimizer, shape).map((array) => ({ parameter: name, ...array })),
      );
      const options = { device, threads, momentumOption: momentumOption(program.optimizer) };
      const native = new binding.Session(program, slots, data, options);
      await native.build().catch((error) => {
        throw toEngineError(error);
      });
      return createSession(native, program, data);
    },
  };
}
