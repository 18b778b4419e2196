import type { JobFacts, Violation } from './check/snapshot.js';
import type { Cluster, QueueKind } from './cluster/cluster.js';
import type { Submitted } from './cluster/read-job.js';
import type { Random } from './random.js';

/** What a scenario works with. One cluster serves many scenarios, one after the other; all is judged at its end. */
export interface Stage {
  cluster: Cluster;
  /** Id of the dataset that the recipes of recipes.ts are made for. */
  dataset: string;
  seed: number;
  random: Random;
  long: boolean;
  /** Sees to it that each recipe has once been run by a cluster that nothing was done to. Call it before the first fault. */
  undisturbed(recipes: readonly string[]): Promise<void>;
  /** What the undisturbed run gave. */
  example(recipe: string): JobFacts;
  /** Submits a named recipe through the API; the job is judged at the end. */
  submit(recipe: string, more?: SubmitOptions): Promise<Submitted>;
  submitMany(recipe: string, count: number, more?: SubmitOptions): Promise<Submitted[]>;
  /** Waits until these jobs have ended. */
  ended(jobs: readonly Submitted[]): Promise<void>;
  /** Counts jobs that the scenario has judged by itself. */
  passing(count: number): void;
  /** Notes a fault that really struck. */
  fault(line: string): void;
  /** Notes what only this scenario can see. */
  violation(found: Pick<Violation, 'check' | 'expected' | 'found'> & { job?: string }): void;
  log(line: string): void;
}

export interface SubmitOptions {
  expected?: Submitted['expected'];
  priority?: number;
  /** Replaces fields of the named recipe; its results are then compared with nothing. */
  change?: object;
}

export interface Scenario {
  name: string;
  /** What is proven, in one line. */
  title: string;
  /** Both where the queue matters; the short form takes one of them, by the seed. */
  queues: readonly QueueKind[];
  /** Not in the short form. */
  longOnly?: boolean;
  /** Why it cannot run here; null when it can. */
  missing?: () => Promise<string | null>;
  run(stage: Stage): Promise<void>;
}
