import {
  type Evaluation,
  type Group,
  groupEnded,
  groupStatistics,
  type ListGroupsQuery,
  memberOf,
  type Page,
} from '@ravine/contracts';
import type pg from 'pg';
import type { z } from 'zod';
import type { Prisma, PrismaClient } from './generated/client.js';
import { jobView } from './job-row.js';
import { insertJob, type NewJob } from './jobs.js';
import { cursorId, pageOfRows } from './page.js';
import { insert, json, text, transaction } from './sql.js';

export type NewGroup = Pick<Group, 'id' | 'name' | 'plan' | 'datasetId' | 'labels'>;

const LEVEL = 0.95;

export interface Groups {
  /** The group and all of its jobs, or nothing. Throws as creating a job does. */
  create(project: string, group: NewGroup, jobs: readonly NewJob[]): Promise<Group>;
  /** `level`: of the intervals, default 0.95. */
  get(project: string, id: string, level?: number): Promise<Group | null>;
  /** Newest first. */
  list(project: string, query: z.output<typeof ListGroupsQuery>): Promise<Page<Group>>;
}

export function createGroups(pool: pg.Pool, prisma: PrismaClient): Groups {
  return {
    async create(project, group, jobs) {
      await transaction(pool, async (client) => {
        await insert(client, 'job_groups', {
          id: group.id,
          project,
          name: text(group.name),
          plan: json(group.plan),
          dataset_id: group.datasetId,
          labels: json(group.labels),
        });
        for (const [place, job] of jobs.entries())
          await insertJob(client, project, job, { id: group.id, place });
      });
      return groupView(await prisma.jobGroup.findUniqueOrThrow({ where: { id: group.id }, include }), LEVEL);
    },

    async get(project, id, level = LEVEL) {
      const row = await prisma.jobGroup.findFirst({ where: { id, project }, include });
      return row === null ? null : groupView(row, level);
    },

    async list(project, { limit, cursor }) {
      const before = cursorId(cursor, 'grp');
      const rows = await prisma.jobGroup.findMany({
        where: { project, ...(before === null ? {} : { id: { lt: before } }) },
        include,
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      return pageOfRows(rows, limit, (row) => groupView(row, LEVEL));
    },
  };
}

const include = {
  jobs: { orderBy: { groupPlace: 'asc' }, include: { evaluation: true } },
} satisfies Prisma.JobGroupInclude;
type GroupRow = Prisma.JobGroupGetPayload<{ include: typeof include }>;

function groupView(row: GroupRow, level: number): Group {
  const members = row.jobs.map(
    (job) => memberOf(jobView(job), (job.evaluation?.body ?? null) as Evaluation | null), // written by `save`
  );
  return {
    object: 'group',
    id: row.id,
    name: row.name,
    plan: row.plan as Group['plan'], // this and the labels written by `create`
    datasetId: row.datasetId,
    labels: row.labels as Group['labels'],
    terminal: groupEnded(members),
    members,
    statistics: groupStatistics(members, level),
    createdAt: row.createdAt.toISOString(),
  };
}
