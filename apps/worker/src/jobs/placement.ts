import type { Failure, Worker } from '@ravine/contracts';
import { choosePrecision, type ResolvedRecipe } from '@ravine/training';
import { engineUnavailable } from './failure.js';

type WorkerEngine = Worker['engines'][number];
type Device = WorkerEngine['devices'][number];

/** What a recipe says about where it runs. */
export type Wish = Pick<ResolvedRecipe, 'engine' | 'device' | 'precision'>;

export interface Placement {
  engine: string;
  device: string;
  precision: 'fp32' | 'bf16';
}

/**
 * Picks engine, device and precision: `auto` means the first engine that is available, the device of the wanted kind
 * with the fewest runs on it, and bf16 where the device is faster with it. `kind` is that of the queue the job came by.
 */
export function placeJob(
  wish: Wish,
  kind: Device['kind'],
  engines: readonly WorkerEngine[],
  runsOn: (device: string) => number,
): Placement | Failure {
  const asked = engines.filter((engine) => wish.engine === 'auto' || engine.name === wish.engine);
  const engine = asked.find(
    (candidate) => candidate.available && devicesOf(candidate, wish, kind).length > 0,
  );
  if (!engine) return engineUnavailable(refusal(wish, kind, asked));
  const device = devicesOf(engine, wish, kind).reduce((best, next) =>
    runsOn(next.id) < runsOn(best.id) ? next : best,
  );
  return { engine: engine.name, device: device.id, precision: choosePrecision(wish.precision, device) };
}

function devicesOf(engine: WorkerEngine, { device }: Wish, kind: Device['kind']): Device[] {
  return engine.devices.filter(
    (found) => found.kind === kind && (device === 'auto' || device === found.kind),
  );
}

function refusal(wish: Wish, kind: Device['kind'], asked: readonly WorkerEngine[]): string {
  if (asked.length === 0) return `recipe.engine: "${wish.engine}" is not an engine of this worker`;
  const reasons = asked.map((engine) =>
    engine.available
      ? `engine ${engine.name} has no device "${wish.device === 'auto' ? kind : wish.device}"`
      : `engine ${engine.name} is not available: ${engine.reason ?? 'no reason was given'}`,
  );
  return reasons.join('; ');
}
