import { ForkKeep, RecipeChanges } from '@ravine/training';
import { z } from 'zod';
import { CheckpointId } from './ids.js';
import { JobCheckpoints, MaxMinutes, MaxSteps, Priority } from './job.js';
import { Labels, Name } from './page.js';

export const ForkJob = z
  .strictObject({
    name: Name.optional(),
    checkpoint: z
      .union([z.enum(['last', 'best']), CheckpointId])
      .default('last')
      .describe('Which one of the job; `best` has weights alone'),
    keep: ForkKeep.default('state'),
    recipe: RecipeChanges.prefault({}).describe('Fields that replace those of the job'),
    labels: Labels.optional().describe('Default: those of the job'),
    priority: Priority.default(0),
    maxMinutes: MaxMinutes.default(null),
    maxSteps: MaxSteps.default(null),
    checkpoints: JobCheckpoints.prefault({}),
  })
  .meta({ id: 'ForkJob' });
export type ForkJob = z.output<typeof ForkJob>;
