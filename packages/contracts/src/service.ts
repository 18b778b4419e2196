import { z } from 'zod';
import { WorkerId } from './ids.js';
import { Timestamp } from './page.js';

const DeviceView = z.object({
  id: z.string(),
  kind: z.enum(['cpu', 'cuda']),
  name: z.string(),
  memoryBytes: z.number().nullable(),
  fastBf16: z.boolean(),
});

export const Worker = z
  .object({
    object: z.literal('worker'),
    id: WorkerId,
    hostname: z.string(),
    processId: z.int(),
    version: z.string(),
    status: z.enum(['online', 'draining', 'lost']).describe('lost: no heartbeat for 30 s'),
    engines: z.array(
      z.object({
        name: z.string(),
        available: z.boolean(),
        reason: z.string().nullable().describe('Why it is not available and what to install'),
        libraries: z.record(z.string(), z.string()),
        devices: z.array(DeviceView),
      }),
    ),
    queues: z.array(z.string()),
    runningJobs: z.array(z.string()),
    threads: z.int(),
    startedAt: Timestamp,
    heartbeatAt: Timestamp,
  })
  .meta({ id: 'Worker' });
export type Worker = z.output<typeof Worker>;
export const WorkerList = z
  .object({ object: z.literal('list'), data: z.array(Worker) })
  .meta({ id: 'WorkerList' });

/** Liveness: the process answers. */
export const Health = z
  .object({ status: z.literal('ok'), version: z.string(), uptimeSeconds: z.number() })
  .meta({ id: 'Health' });

/** Readiness, part by part; 503 when a part that jobs need is down. */
export const Readiness = z
  .object({
    status: z
      .enum(['ready', 'degraded', 'unavailable'])
      .describe('degraded: it answers, but some requests will be refused (e.g. no engine)'),
    parts: z.array(
      z.object({
        name: z.enum(['database', 'queue', 'storage', 'workers', 'engine']),
        ok: z.boolean(),
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.output<typeof Readiness>;

const CatalogEntry = z.object({
  kind: z.string(),
  title: z.string(),
  summary: z.string(),
  formula: z.string().nullable(),
  paper: z.string().nullable(),
  whenToUse: z.string(),
  conventions: z.string().nullable().describe('Where PyTorch, Keras or the paper differ'),
  defaults: z.record(z.string(), z.unknown()),
  schema: z.record(z.string(), z.unknown()).describe('JSON schema of the options'),
});
/** Everything that a recipe may name. */
export const Catalog = z
  .object({
    object: z.literal('catalog'),
    optimizers: z.array(CatalogEntry),
    schedules: z.array(CatalogEntry),
    losses: z.array(CatalogEntry),
    architectures: z.array(CatalogEntry),
    augmentations: z.array(CatalogEntry),
    testTimeAugmentations: z.array(CatalogEntry),
    presets: z.array(
      CatalogEntry.extend({
        origin: z
          .object({ published: z.string(), chosen: z.string() })
          .describe('Which settings somebody has published, and which are a choice made here'),
        measured: z
          .array(
            z.object({
              dataset: z.string(),
              seeds: z.int(),
              accuracy: z.number(),
              standardDeviation: z.number().nullable(),
              testTimeAccuracy: z.number().nullable(),
              minutes: z.number(),
              machine: z.string(),
              date: z.string(),
            }),
          )
          .describe('What it reached where it was tried; empty until somebody did'),
      }),
    ),
    recipe: z.record(z.string(), z.unknown()).describe('JSON schema of the whole recipe'),
  })
  .meta({ id: 'Catalog' });
export type Catalog = z.output<typeof Catalog>;
