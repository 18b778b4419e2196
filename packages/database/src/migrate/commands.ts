import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Engine, messageOf, openEngine } from './engine.js';
import { migrate } from './migrate.js';

/** Answers the exit code. */
export type Command = (url: string, argument: string | undefined) => Promise<number>;

export const commands = {
  async deploy(url) {
    const { applied } = await migrate(url);
    console.log(applied.length === 0 ? 'nothing to apply' : `applied ${applied.join(', ')}`);
    return 0;
  },
  status: (url) =>
    withEngine(url, async ({ engine, inputs: { migrationsList, filters } }) => {
      const found = await engine.diagnoseMigrationHistory({
        migrationsList,
        filters,
        optInToShadowDatabase: false,
      });
      console.log(JSON.stringify(found, null, 2));
      return found.history || found.failedMigrationNames.length || found.editedMigrationNames.length ? 1 : 0;
    }),
  drift: (url) =>
    withEngine(url, async ({ engine, inputs: { migrationsList, filters, schema } }) => {
      const { stdout, exitCode } = await engine.diff({
        from: { tag: 'migrations', ...migrationsList },
        to: { tag: 'schemaDatamodel', ...schema },
        script: true,
        exitCode: true,
        filters,
      });
      console.log(stdout);
      return exitCode;
    }),
  async dev(url, name) {
    if (name === undefined || !/^[a-z][a-z0-9_]*$/.test(name)) {
      console.error('dev needs a name of lower-case words, like add_searches');
      return 64;
    }
    await migrate(url); // the engine takes the difference from a database that has all migrations
    return withEngine(url, (open) => writeMigration(open, name));
  },
} as const satisfies Record<string, Command>;

async function withEngine(url: string, work: (open: Engine) => Promise<number>): Promise<number> {
  const open = await openEngine(url);
  try {
    return await work(open);
  } catch (error) {
    throw new Error(messageOf(error), { cause: error });
  } finally {
    await open.close();
  }
}

async function writeMigration({ engine, inputs }: Engine, name: string): Promise<number> {
  const { migrationsList, filters, schema } = inputs;
  const { action } = await engine.devDiagnostic({ migrationsList, filters }); // replays the history in a shadow database
  if (action.tag === 'reset')
    throw new Error(`the database does not fit the migration files: ${action.reason}`);
  const loss = await engine.evaluateDataLoss({ migrationsList, schema, filters });
  for (const { message } of [...loss.warnings, ...loss.unexecutableSteps])
    console.error(`warning: ${message}`);
  const made = await engine.createMigration({
    migrationsList,
    migrationName: name,
    draft: false,
    schema,
    filters,
  });
  if (made.migrationScript === null) {
    console.log('schema.prisma asks for no change');
    return 0;
  }
  const folder = path.join(migrationsList.baseDir, made.generatedMigrationName);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'migration.sql'), made.migrationScript);
  await writeFile(
    path.join(migrationsList.baseDir, 'migration_lock.toml'),
    `provider = "${made.connectorType}"\n`,
  );
  console.log(`wrote ${folder}/migration.sql; read it, then: npm run migrate -w @ravine/database -- deploy`);
  return 0;
}
