import { randomUUID } from 'node:crypto';
import type { JobFacts } from './check/snapshot.js';
import type { Cluster } from './cluster/cluster.js';
import { readJob, type Submitted } from './cluster/read-job.js';
import { allEnded } from './cluster/read-snapshot.js';
import type { Ledger } from './ledger.js';
import { createRandom } from './random.js';
import { recipes } from './recipes.js';
import type { Stage, SubmitOptions } from './scenario.js';

export interface StageOptions {
  scenario: string;
  cluster: Cluster;
  dataset: string;
  seed: number;
  long: boolean;
  ledger: Ledger;
  /** Of all clusters of this run: neither the queue nor the id of the dataset may change a result. */
  examples: Map<string, JobFacts>;
  log(line: string): void;
}

export function createStage(options: StageOptions): Stage {
  const { scenario, cluster, dataset, seed, long, ledger, examples, log } = options;
  const send = async (recipe: string, more: SubmitOptions = {}): Promise<Submitted> => {
    const { expected = ['succeeded'], change, ...rest } = more;
    const wish = { dataset, ...recipes[recipe], ...change };
    const { id } = await cluster.client.submit(wish, {
      name: recipe,
      labels: { request: randomUUID() },
      ...rest,
    });
    return { id, recipe: change ? `${recipe} changed` : recipe, expected };
  };
  const stage: Stage = {
    cluster,
    dataset,
    seed,
    long,
    random: createRandom(seed),
    log,
    async undisturbed(names) {
      const jobs = await Promise.all(names.filter((name) => !examples.has(name)).map((name) => send(name)));
      await allEnded(cluster, jobs);
      for (const job of jobs) {
        const facts = await readJob(cluster, job);
        if (facts.status !== 'succeeded' || facts.attempt !== 1)
          throw new Error(`the undisturbed run ${job.recipe} is ${facts.status}, attempt ${facts.attempt}`);
        examples.set(job.recipe, facts);
      }
    },
    example(recipe) {
      const found = examples.get(recipe);
      if (!found) throw new Error(`${recipe} was not run undisturbed`);
      return found;
    },
    async submit(recipe, more) {
      const job = await send(recipe, more);
      ledger.job(scenario, job);
      return job;
    },
    submitMany: (recipe, count, more) =>
      Promise.all(Array.from({ length: count }, () => stage.submit(recipe, more))),
    ended: (jobs) => allEnded(cluster, jobs),
    passing: (count) => ledger.passing(count),
    fault(line) {
      ledger.fault(scenario, line);
      log(line);
    },
    violation({
      job = null,
      ...found
    }: {
      job?: string | null;
      check: string;
      expected: string;
      found: string;
    }) {
      ledger.violation(scenario, { job, seed, faults: [], ...found });
    },
  };
  return stage;
}
