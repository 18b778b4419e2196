import { z } from 'zod';
import { WorkerId } from '../ids.js';
import { Catalog, Health, Readiness, Worker, WorkerList } from '../service.js';
import type { RouteContract } from './contract.js';

/** What the service can do and how it is. */
export const serviceRoutes = {
  getCatalog: {
    method: 'GET',
    path: '/v1/catalog',
    tag: 'catalog',
    summary: 'Every optimizer, schedule, loss, architecture, augmentation and preset with its JSON schema',
    response: { status: 200, body: Catalog },
    errors: [],
  },
  listWorkers: {
    method: 'GET',
    path: '/v1/workers',
    tag: 'service',
    summary: 'Workers, their engines and devices',
    response: { status: 200, body: WorkerList },
    errors: [],
  },
  getWorker: {
    method: 'GET',
    path: '/v1/workers/{workerId}',
    tag: 'service',
    summary: 'Get a worker',
    params: z.strictObject({ workerId: WorkerId }),
    response: { status: 200, body: Worker },
    errors: ['worker_not_found'],
  },
  getHealth: {
    method: 'GET',
    path: '/healthz',
    tag: 'service',
    summary: 'The process answers',
    response: { status: 200, body: Health },
    errors: [],
    public: true,
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    tag: 'service',
    summary: 'Each part that jobs need, with what to do when it is down (503 when unavailable)',
    response: { status: 200, body: Readiness },
    errors: [],
    public: true,
  },
} as const satisfies Record<string, RouteContract>;
