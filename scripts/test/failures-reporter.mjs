import { writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes what failed to the file RAVINE_TEST_FAILURES, as a list of `{where, errors}`, for the summary at the end. */
export default class FailuresReporter {
  onTestRunEnd(modules, unhandled) {
    const file = process.env.RAVINE_TEST_FAILURES;
    if (!file) return;
    const failures = modules.flatMap((module) => [...ofModule(module)]);
    for (const error of unhandled)
      failures.push({ where: `unhandled error${origin(error)}`, errors: [described(error)] });
    writeFileSync(file, JSON.stringify(failures));
  }
}

/** A module fails by itself (it cannot be loaded, or its process dies), by a suite's hooks, or by its tests. */
function* ofModule(module) {
  const name = path.relative(process.cwd(), module.moduleId);
  yield* failed(name, module.errors());
  if (['queued', 'pending'].includes(module.state()))
    yield { where: `${name} did not come to its end`, errors: [] };
  for (const suite of module.children.allSuites())
    yield* failed(`${name} > ${suite.fullName} (hooks)`, suite.errors());
  for (const test of module.children.allTests('failed')) {
    const ms = Math.round(test.diagnostic()?.duration ?? 0);
    yield* failed(`${name} > ${test.fullName} (${ms} ms)`, test.result().errors);
  }
}

function* failed(where, errors) {
  if (errors.length > 0) yield { where, errors: errors.map(described) };
}

/** Vitest knows at best which test ran when an error came that nobody waited for. */
function origin({ VITEST_TEST_PATH: file, VITEST_TEST_NAME: test }) {
  return `${file ? `, while ${path.relative(process.cwd(), file)} ran` : ''}${test ? ` > ${test}` : ''}`;
}

function described({ name, message, diff, stacks, stack }) {
  const [, file, line] = stack?.match(/^ *at (?:.*\()?(?:file:\/\/)?(.+):(\d+):\d+\)?$/m) ?? [];
  const at = stacks?.[0] ?? (file && { file, line });
  const said = [`${name ?? 'Error'}: ${message}`, ...(diff ? [diff] : [])].join('\n');
  return { message: said, ...(at && { at: `${path.relative(process.cwd(), at.file)}:${at.line}` }) };
}
