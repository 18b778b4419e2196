import {
  isTerminal,
  type JobStatus,
  type JobVerb,
  jobTransitions,
  jobVerbs,
  liveStatuses,
  newId,
} from '@ravine/contracts';
import { type JobEnd, StaleAttempt } from '@ravine/database';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  failure,
  newCheckpoint,
  newJob,
  readyDataset,
  type TestDatabase,
  testDatabase,
} from '../support/database.js';
import { JobOracle } from '../support/job-oracle.js';

/**
 * Random histories of one job against an oracle in memory: users who ask, workers that claim, die, come back late and
 * report, in any order. Everything that the rows say must be what the oracle says.
 */
let open: TestDatabase;
let dataset: string;
beforeAll(async () => {
  open = await testDatabase();
  dataset = await readyDataset(open.database);
});
afterAll(() => open.close());

const infrastructure = { ...failure, class: 'infrastructure' as const, retryable: true };

type Step =
  | { kind: 'ask'; verb: JobVerb }
  | { kind: 'claim' }
  | { kind: 'die' }
  /** `late`: said by the attempt before the current one. */
  | { kind: 'checkpoint' | 'succeed' | 'fail' | 'hand-back' | 'break'; late: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('ask' as const), verb: fc.constantFrom(...jobVerbs) }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'claim' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'die' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'checkpoint' as const,
        'hand-back' as const,
        'break' as const,
        'break' as const,
        'succeed' as const,
        'fail' as const,
      ),
      late: fc.boolean(),
    }),
  },
);

interface Played {
  id: string;
  oracle: JobOracle;
  checkpoints: number;
}

/** Does one step to the rows and to the oracle; both must answer the same. */
const doers: {
  [K in Step['kind']]: (game: Played, attempt: number, now: Step & { kind: K }) => Promise<void>;
} = {
  async ask({ id, oracle }, _, { verb }) {
    const expected = oracle.ask(verb);
    const said = await open.database.jobs.request('default', id, { verb });
    expect(said && ('illegal' in said ? 'refused' : said.steered ? 'moved' : 'same')).toBe(expected);
  },
  async claim({ id, oracle }) {
    const expected = oracle.claim() ? oracle.attempt : null;
    expect((await open.database.jobs.claim(id, newId('wkr')))?.attempt ?? null).toBe(expected);
  },
  async die({ id, oracle }) {
    if (!oracle.live) return;
    oracle.dead = true;
    await open.database.pool.query(`update jobs set claimed_at = now() - interval '1 hour' where id = $1`, [
      id,
    ]);
  },
  async checkpoint(game, attempt) {
    const { id, oracle } = game;
    const expected = oracle.isCurrent(attempt);
    if (expected) oracle.fruitless = 0;
    const record = open.database.checkpoints.record(id, attempt, newCheckpoint(++game.checkpoints, ['last']));
    if (expected) await record;
    else await expect(record).rejects.toBeInstanceOf(StaleAttempt);
  },
  'hand-back': (game, attempt) => letGo(game, attempt, false),
  break: (game, attempt) => letGo(game, attempt, true),
  succeed: (game, attempt) => finish(game, attempt, { status: 'succeeded', stopReason: 'completed' }),
  fail: (game, attempt) => finish(game, attempt, { status: 'failed', failure }),
};

async function letGo({ id, oracle }: Played, attempt: number, failed: boolean): Promise<void> {
  const expected = oracle.handBack(attempt, failed);
  const why = { reason: 'a reason', failure: failed ? infrastructure : null };
  expect(await open.database.jobs.handBack(id, attempt, why)).toBe(expected);
}

async function finish({ id, oracle }: Played, attempt: number, end: JobEnd): Promise<void> {
  const expected = oracle.finish(attempt, end.status as 'succeeded' | 'failed');
  expect(await open.database.jobs.finish(id, attempt, end)).toBe(expected);
}

async function play(steps: readonly Step[]): Promise<void> {
  const oracle = new JobOracle();
  const { id } = await open.database.jobs.create('default', newJob(dataset));
  const game = { id, oracle, checkpoints: 0 };
  for (const now of steps) {
    const attempt = 'late' in now && now.late ? oracle.attempt - 1 : oracle.attempt;
    await doers[now.kind](game, attempt, now as never); // the doer was picked by the same kind as the step
    await compare(id, oracle);
  }
}

async function compare(id: string, oracle: JobOracle): Promise<void> {
  const { jobs, events } = open.database;
  const job = await jobs.get('default', id);
  if (job === null) throw new Error('the job is gone');
  expect(job.status).toBe(oracle.status);
  expect(job.attempt).toBe(oracle.attempt);
  expect(job.transitions.map(({ to }) => to)).toEqual(oracle.history);
  expect(job.terminal).toBe(isTerminal(oracle.status));
  expect(job.endedAt !== null).toBe(job.terminal);
  expect(job.transitions.filter(({ to }) => isTerminal(to)).length).toBe(job.terminal ? 1 : 0);
  for (const { from, to } of job.transitions) if (from) expect(jobTransitions[from]).toContain(to);
  if (!(liveStatuses as readonly JobStatus[]).includes(job.status) && !job.terminal)
    expect(job.workerId).toBeNull();
  const told = (await events.read(id, 0, 1000)).filter(({ type }) => type === 'status');
  expect(told.map(({ data }) => data.to)).toEqual(oracle.history);
  const lineage = await jobs.lineage('default', id);
  expect(lineage?.attempts.map(({ attempt }) => attempt)).toEqual(
    Array.from({ length: oracle.attempt }, (_, index) => index + 1),
  );
  const running = lineage?.attempts.filter(({ outcome }) => outcome === null).length;
  expect(running).toBe(oracle.live ? 1 : 0);
}

test('every history of requests, claims, deaths and late reports is one that the oracle knows', async () => {
  const runs = Number(process.env.RAVINE_TEST_HISTORIES ?? 60);
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), play), {
    numRuns: runs,
    seed: Number(process.env.RAVINE_TEST_SEED ?? 7),
    endOnFailure: false,
  });
});
