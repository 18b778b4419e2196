import { type Recipe, statisticsOf } from '@ravine/training';
import { z } from 'zod';
import type { Evaluation } from './evaluation.js';
import { DatasetId, GroupId, JobId } from './ids.js';
import { CreateJob, type Job } from './job.js';
import { isTerminal, JobStatus } from './job-state.js';
import { CancelJob } from './job-steering.js';
import { decimalNumber } from './number.js';
import { Labels, PageQuery, pageOf, Timestamp } from './page.js';

const MAX_MEMBERS = 50;
const DEFAULT_COUNT = 5;
const rule = `at most ${MAX_MEMBERS}`;

/** How the jobs of a group differ. */
export const GroupPlan = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('replicates'),
      count: z
        .int()
        .min(2)
        .max(MAX_MEMBERS, rule)
        .optional()
        .describe(`Jobs whose seeds count up from the recipe's; default ${DEFAULT_COUNT}`),
      seeds: z
        .array(z.int().min(0).max(0xffff_ffff, 'at most 4294967295 (32 bits)'))
        .min(2)
        .max(MAX_MEMBERS, rule)
        .refine((seeds) => new Set(seeds).size === seeds.length, 'each seed once')
        .optional()
        .describe('Seeds of your own, in place of count'),
    })
    .refine(({ count, seeds }) => count === undefined || seeds === undefined, {
      message: 'give count or seeds, not both',
      path: ['count'],
    })
    .describe('The same recipe with several seeds: how much a result owes to chance'),
  z
    .strictObject({
      kind: z.literal('k-fold'),
      folds: z.int().min(2).max(MAX_MEMBERS, rule).default(5),
    })
    .describe(
      'Cross-validation: every image of the train split is held out once, in stratified folds drawn by the seed',
    ),
]);
export type GroupPlan = z.output<typeof GroupPlan>;

/** A job's request with a plan: several jobs that belong together. */
export const CreateGroup = CreateJob.extend({ plan: GroupPlan })
  .refine(({ plan, recipe }) => plan.kind !== 'k-fold' || !recipe.crossValidation, {
    message: 'must be left out: the group holds out one fold after the other',
    path: ['recipe', 'crossValidation'],
  })
  .meta({ id: 'CreateGroup' });
export type CreateGroup = z.output<typeof CreateGroup>;

/** What each job of a group trains with. `seed` is the one that the recipe resolves to. */
export function memberRecipes(plan: GroupPlan, recipe: Recipe, seed: number): Recipe[] {
  if (plan.kind === 'k-fold') {
    const { folds } = plan;
    return Array.from({ length: folds }, (_, fold) => ({ ...recipe, crossValidation: { folds, fold } }));
  }
  const length = plan.count ?? DEFAULT_COUNT;
  const seeds = plan.seeds ?? Array.from({ length }, (_, i) => (seed + i) % 0x1_0000_0000);
  return seeds.map((own) => ({ ...recipe, seed: own }));
}

const measures = {
  testAccuracy: z.number().nullable().describe('Of the final evaluation, whichever split that used'),
  testLoss: z.number().nullable(),
  testTimeAccuracy: z.number().nullable().describe('With test-time augmentation; null without'),
  validationAccuracy: z.number().nullable().describe('Of the best epoch'),
  validationLoss: z.number().nullable().describe('Of the best epoch'),
  trainSeconds: z.number().nullable(),
};
type Measure = keyof typeof measures;

const GroupMember = z.object({
  jobId: JobId,
  name: z.string(),
  status: JobStatus,
  seed: z.int(),
  fold: z.int().nullable().describe('Which fold was held out, from 0; null without cross-validation'),
  ...measures,
});
export type GroupMember = z.output<typeof GroupMember>;

const Statistics = z
  .object({
    count: z.int(),
    mean: z.number(),
    standardDeviation: z.number().nullable().describe('n − 1 in the denominator; null for a single job'),
    interval: z
      .object({ level: z.number(), lower: z.number(), upper: z.number() })
      .nullable()
      .describe(
        "Student's t interval of the mean. Folds share training images, so theirs is narrower than the truth",
      ),
  })
  .nullable()
  .meta({ id: 'Statistics' });

export const Group = z
  .object({
    object: z.literal('group'),
    id: GroupId,
    name: z.string(),
    plan: GroupPlan,
    datasetId: DatasetId,
    labels: Labels,
    terminal: z.boolean().describe('Every job has ended'),
    members: z.array(GroupMember).describe('In the order of the plan'),
    statistics: z
      .object(
        Object.fromEntries(Object.keys(measures).map((name) => [name, Statistics])) as {
          [K in Measure]: typeof Statistics;
        },
      )
      .describe('Over the jobs that succeeded; null where none has the number'),
    createdAt: Timestamp,
  })
  .meta({ id: 'Group' });
export type Group = z.output<typeof Group>;
export const GroupPage = pageOf(Group, 'GroupPage');
export const ListGroupsQuery = PageQuery;

export const GroupQuery = z.strictObject({
  level: decimalNumber(z.number().min(0.5).max(0.999))
    .default(0.95)
    .describe('Of the intervals: how often such an interval holds the true mean'),
});
export const CancelGroup = CancelJob;

/** A job of a group with what it has reached. */
export const memberOf = (job: Job, evaluation: Evaluation | null): GroupMember => ({
  jobId: job.id,
  name: job.name,
  status: job.status,
  seed: job.recipe.seed,
  fold: job.recipe.crossValidation?.fold ?? null,
  testAccuracy: job.testAccuracy,
  testLoss: evaluation?.loss ?? null,
  testTimeAccuracy: evaluation?.testTimeAugmentation?.accuracy ?? null,
  validationAccuracy: job.best?.validationAccuracy ?? null,
  validationLoss: job.best?.validationLoss ?? null,
  trainSeconds: job.trainSeconds,
});

/** Every measure over the jobs that succeeded. */
export function groupStatistics(members: GroupMember[], level: number): Group['statistics'] {
  const done = members.filter(({ status }) => status === 'succeeded');
  const of = (name: Measure) => {
    const values = done.flatMap((member) => member[name] ?? []);
    return values.length > 0 ? statisticsOf(values, level) : null;
  };
  // One entry for each measure, in their order.
  return Object.fromEntries(
    (Object.keys(measures) as Measure[]).map((name) => [name, of(name)]),
  ) as Group['statistics'];
}

export const groupEnded = (members: GroupMember[]): boolean =>
  members.every(({ status }) => isTerminal(status));
