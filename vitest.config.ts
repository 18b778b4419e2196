import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/**
 * The only time limits of tests. They end what hangs and are far beyond what a slow, busy machine needs: a test
 * waits for a condition, and none asserts a speed.
 */
const patient = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } } };

/** Tests that start servers and processes: one file at a time. */
const alone = { fileParallelism: false, ...patient };

/** The unit tests of a package; what else it needs for them stands in a config of its own. */
function unit(folder: string): TestProjectInlineConfiguration {
  const own = path.join(folder, 'vitest.config.ts');
  const test = { name: `@ravine/${path.basename(folder)}`, ...patient };
  return existsSync(own) ? { extends: own, root: folder, test } : { root: folder, test };
}

const folders = ['packages', 'apps'].flatMap((parent) =>
  readdirSync(path.join(import.meta.dirname, parent)).map((name) =>
    path.join(import.meta.dirname, parent, name),
  ),
);

export default defineConfig({
  test: {
    projects: [
      ...folders.map(unit),
      { test: { name: 'scripts', include: ['scripts/**/*.test.mjs'], ...patient } },
      { test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], ...patient } },
      {
        extends: 'test/gpu/vitest.config.ts',
        test: { name: 'gpu', include: ['test/gpu/**/*.test.ts'], ...alone },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/shared-postgres.ts',
          ...alone,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...alone, testTimeout: 600_000 } },
    ],
  },
});
