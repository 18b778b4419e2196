import { CreateTrajectory, SurfaceList, Trajectory } from '../surface.js';
import type { RouteContract } from './contract.js';

/** Error surfaces on which optimizers and schedules can be watched. */
export const surfaceRoutes = {
  listSurfaces: {
    method: 'GET',
    path: '/v1/surfaces',
    tag: 'catalog',
    summary: 'Error surfaces over two parameters, with their domains, minima and curvature',
    response: { status: 200, body: SurfaceList },
    errors: [],
  },
  runSurface: {
    method: 'POST',
    path: '/v1/surfaces/trajectory',
    tag: 'catalog',
    summary: 'Run an optimizer with a schedule on an error surface, by the rules that train networks',
    body: CreateTrajectory,
    example: {
      surface: { kind: 'lecture-regression' },
      optimizer: { kind: 'adagrad', convention: 'lecture', learningRate: 1 },
      steps: 2000,
    },
    response: { status: 200, body: Trajectory },
    errors: ['rate_limited'],
  },
} as const satisfies Record<string, RouteContract>;
