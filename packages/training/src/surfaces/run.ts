import { z } from 'zod';
import { momentumProblem, Optimizer, resolveOptimizer } from '../optimizers/index.js';
import { dependsOnResults, momentumField, Schedule, setsMomentum } from '../schedules/index.js';
import { Surface } from './surface.js';

const MAX_STEPS = 1_000_000;
const MAX_POINTS = 20_000;
const coordinate = z.number().min(-1e6).max(1e6);

const surfaceRun = z
  .strictObject({
    surface: Surface,
    optimizer: Optimizer.prefault({ kind: 'sgd' }),
    schedule: Schedule.prefault([{ kind: 'constant' }]).describe(
      'Every step sees all of the data, so an epoch is one step',
    ),
    start: z.tuple([coordinate, coordinate]).optional().describe("Default: the surface's own"),
    steps: z
      .int()
      .min(1)
      .max(MAX_STEPS, `at most ${MAX_STEPS}`)
      .default(1000)
      .describe('Updates of the parameters'),
    points: z
      .int()
      .min(2)
      .max(MAX_POINTS, `at most ${MAX_POINTS}`)
      .default(2000)
      .describe(
        'Of a longer descent so many places are kept, evenly spaced, the first and the last among them',
      ),
  })
  .superRefine(({ schedule, optimizer }, context) => {
    const problem = momentumProblem(resolveOptimizer(optimizer));
    schedule.forEach((segment, i) => {
      if (problem !== null && setsMomentum(segment))
        context.addIssue({
          code: 'custom',
          path: ['schedule', i, momentumField(segment)],
          message: `momentum ${problem}`,
        });
      if (dependsOnResults(segment))
        context.addIssue({
          code: 'custom',
          path: ['schedule', i, 'kind'],
          message: `${segment.kind} follows validation results, which a surface does not have`,
        });
    });
  })
  .meta({ id: 'SurfaceRun' });

/** A descent to compute. */
export interface SurfaceRun extends z.output<typeof surfaceRun> {}
export interface SurfaceRunInput extends z.input<typeof surfaceRun> {}
export const SurfaceRun: z.ZodType<SurfaceRun, SurfaceRunInput> = surfaceRun;
