#!/usr/bin/env node
// `npm run test:leaks`: the engine under AddressSanitizer and LeakSanitizer, then its memory over 200 steps.
import './setup/node-version.mjs';
import path from 'node:path';
import { engineMissing } from './setup/engine.mjs';
import { main, setup } from './setup/index.mjs';
import { setupOptions } from './setup/options.mjs';
import { root } from './setup/paths.mjs';
import { phase, SetupError } from './setup/phase.mjs';

const STEPS = 200;
/** JavaScript's garbage holds some of the heap too; 1 KiB lost in each step is found. */
const MAX_GROWTH_KIB = 128;

await main(async () => {
  await setup(['engine'], setupOptions(process.argv.slice(2)));
  const reason = engineMissing();
  if (reason) throw new SetupError(`There is no engine to look at: ${reason}`);
  const { buildSanitized } = await import('../test/leaks/sanitized-build.mjs');
  const { runExercise } = await import('../test/leaks/run-exercise.mjs');
  const { problemsIn } = await import('../test/leaks/leak-report.mjs');

  const { runtime, canary, heap, addon } = await buildSanitized();
  const watched = await phase(`Every optimizer and layer, ${STEPS} steps each, under AddressSanitizer`, () =>
    runExercise(addon, STEPS, {
      LD_PRELOAD: runtime,
      ASAN_OPTIONS: 'detect_leaks=1:exitcode=0:abort_on_error=0',
      RAVINE_CANARY: canary,
    }),
  );
  const plain = await phase('The same without it, for the growth of memory', () =>
    runExercise(path.join(root, 'packages/engine-torch/build/ravine_torch.node'), STEPS, {
      RAVINE_HEAP: heap,
      // One heap for everything: only that one is counted.
      GLIBC_TUNABLES: 'glibc.malloc.arena_max=1:glibc.malloc.mmap_max=0',
    }),
  );
  if (plain.code !== 0)
    throw new SetupError(`the run ended with ${plain.signal ?? plain.code}:\n${plain.err}`);
  const growth = Object.entries(JSON.parse(plain.out));
  for (const [what, kib] of growth) console.log(`${what.padEnd(14)} ${kib.toFixed(0).padStart(7)} KiB`);
  const problems = [
    ...problemsIn(watched),
    ...growth
      .filter(([, kib]) => kib > MAX_GROWTH_KIB)
      .map(
        ([what, kib]) => `${what}: memory grew by ${kib.toFixed(0)} KiB; at most ${MAX_GROWTH_KIB} is flat`,
      ),
  ];
  for (const problem of problems) console.error(`\n${problem}`);
  console.log(problems.length === 0 ? 'no leak, no growth' : `${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
});
