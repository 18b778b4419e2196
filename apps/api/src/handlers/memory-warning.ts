import type { JobPlan, Worker } from '@ravine/contracts';
import { enginesFor, online } from './engine-choice.js';

type Subject = Pick<JobPlan, 'recipe' | 'memory'>;

/** Says so when no online worker that could take the run has a device of that much memory; an estimate, so no refusal. */
export function memoryWarnings({ recipe, memory }: Subject, workers: readonly Worker[]): JobPlan['warnings'] {
  const devices = online(workers)
    .flatMap((worker) => enginesFor(recipe, worker))
    .flatMap((engine) => (engine.available ? engine.devices : []))
    .filter(({ kind }) => recipe.device === 'auto' || kind === recipe.device);
  const sizes = devices.map(({ memoryBytes }) => memoryBytes ?? Number.POSITIVE_INFINITY);
  const largest = Math.max(...sizes);
  if (sizes.length === 0 || memory.totalBytes <= largest) return [];
  const message = `the run needs about ${gib(memory.totalBytes)}, but the largest device of an online worker has ${gib(largest)}: it would end as out_of_memory; use a smaller batchSize, network or image size`;
  return [{ code: 'memory_exceeds_device', message, pointer: null }];
}

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
