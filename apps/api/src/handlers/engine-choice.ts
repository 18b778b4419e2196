import { AppError, type ResolvedRecipe, type Worker } from '@ravine/contracts';
import type { QueueName } from '@ravine/queue';

type Engine = Worker['engines'][number];
type Wish = Pick<ResolvedRecipe, 'engine' | 'device'>;

/** The queue whose workers can train this: CUDA before CPU where the recipe leaves it open. Refuses when nobody can. */
export function queueFor(
  wish: Wish,
  workers: readonly Worker[],
): Extract<QueueName, 'train.cpu' | 'train.cuda'> {
  const engines = online(workers).flatMap((worker) => enginesFor(wish, worker));
  const available = engines.filter((engine) => engine.available);
  const has = (kind: 'cpu' | 'cuda'): boolean =>
    available.some((engine) => engine.devices.some((device) => device.kind === kind));
  if (wish.device !== 'cpu' && has('cuda')) return 'train.cuda';
  if (wish.device !== 'cuda' && has('cpu')) return 'train.cpu';
  throw unavailable(wish, workers, engines, available);
}

/** Refuses when no worker could answer a prediction. */
export function requirePredictor(workers: readonly Worker[]): void {
  const wish: Wish = { engine: 'auto', device: 'auto' };
  const engines = online(workers).flatMap((worker) => worker.engines);
  const available = engines.filter((engine) => engine.available);
  if (available.length === 0) throw unavailable(wish, workers, engines, available);
}

export const online = (workers: readonly Worker[]): Worker[] =>
  workers.filter((worker) => worker.status === 'online');

export const enginesFor = ({ engine }: Wish, worker: Worker): Engine[] =>
  worker.engines.filter(({ name }) => engine === 'auto' || name === engine);

function unavailable(
  wish: Wish,
  workers: readonly Worker[],
  engines: readonly Engine[],
  available: readonly Engine[],
): AppError {
  return new AppError('engine_unavailable', {
    detail: why(wish, workers, engines, available),
    data: { engine: wish.engine, device: wish.device, workersOnline: online(workers).length },
  });
}

function why(
  { engine, device }: Wish,
  workers: readonly Worker[],
  engines: readonly Engine[],
  available: readonly Engine[],
): string {
  if (online(workers).length === 0) {
    return 'No worker is online; start one (npm start does) and send the request again';
  }
  if (available.length > 0) {
    return `No online worker has a ${device} device for the engine ${engine}; ask for device "auto", or start a worker on a machine that has one`;
  }
  const reasons = [...new Set(engines.map(({ name, reason }) => `${name}: ${reason ?? 'not available'}`))];
  return reasons.length > 0
    ? `No online worker can compute. ${reasons.join('; ')}`
    : `No online worker has the engine ${engine}`;
}
