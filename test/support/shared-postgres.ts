import { type TestPostgres, testPostgres } from './postgres.js';

/** One server for a whole group of test files, which then need not make one each: `testPostgres` finds it. */
let server: TestPostgres;

export async function setup(): Promise<void> {
  server = await testPostgres();
  process.env.RAVINE_TEST_POSTGRES = server.url;
}

export const teardown = (): Promise<void> => server.stop();
