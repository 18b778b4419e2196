/** What is known of a cluster at its end: plain data, so that the checks are pure functions of it. */
export interface Snapshot {
  seed: number;
  /** What was done to the cluster, for a person who reads a violation. */
  faults: string[];
  jobs: JobFacts[];
  /** Keys of the blobs in storage, after the clean-up. */
  blobs: string[];
  /** Keys that rows name, and which row. */
  named: { key: string; by: string }[];
  /** Deliveries that wait or run, by queue. */
  deliveries: { queue: string; count: number }[];
  /** Requests that made more than one job. */
  twice: string[];
  /** Processes of the cluster that live after its end, and folders of jobs that are left. */
  leftovers: string[];
}

export interface JobFacts {
  id: string;
  /** Name of the recipe: jobs of one name must give the same results. */
  recipe: string;
  /** How it must end. */
  expected: readonly Ending[];
  status: string;
  failure: { class: string; code: string; message: string } | null;
  attempt: number;
  /** The tries of workers, in order. */
  attempts: { attempt: number; outcome: string | null; resumedFrom: string | null }[];
  /** All that were ever recorded to go on from, in that order; `rejected` ones could not be used. */
  checkpoints: { id: string; attempt: number; step: number; rejected: boolean }[];
  transitions: { from: string | null; to: string }[];
  /** Points by name, ordered by step; those that tell times are left out. */
  metrics: Record<string, { steps: number[]; values: number[] }>;
  /** Without what tells times. */
  evaluation: unknown;
  bestEpoch: number | null;
  /** sha256 of the tensors of the final checkpoints; null when there is none or its blob cannot be read. */
  weights: Record<'best' | 'last', string | null>;
  /** Steps that were gone on from, in order. */
  resumedAt: number[];
}

export type Ending = 'succeeded' | 'failed' | 'cancelled';

/** Something that must never be. */
export interface Violation {
  check: string;
  job: string | null;
  seed: number;
  expected: string;
  found: string;
  faults: string[];
}
