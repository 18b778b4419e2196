import { randomBytes } from 'node:crypto';
import { newId } from '@ravine/contracts';
import { encodeSafetensors, type Tensor } from '@ravine/training';
import { runningJob, type TestApi } from './api.js';

/** Content of the artifact. */
export const content = randomBytes(100_000);

/** Weights as a job keeps them; with the rest of its state when it is to go on from there. */
export function checkpointBytes(withState: boolean): Buffer {
  const weight = { shape: [24_000], data: Float32Array.from({ length: 24_000 }, (_, i) => i) };
  const tensors = new Map<string, Tensor>([['model.fc.weight', weight]]);
  if (withState) {
    tensors.set('best.fc.weight', weight);
    tensors.set('model.zero', { shape: [0], data: new Float32Array() });
    tensors.set('optimizer.m.fc.weight', weight);
  }
  return Buffer.from(encodeSafetensors(tensors, { ravine: '{}' }));
}

/** A running job with a best and a last checkpoint and an artifact. */
export async function jobWithFiles(api: TestApi) {
  const job = await runningJob(api);
  const { jobId, attempt } = job;
  const { key, size } = await api.storage.put(content);
  const record = async (roles: ('best' | 'last')[], step: number) => {
    const id = newId('ckpt');
    const weights = await api.storage.put(checkpointBytes(roles.includes('last')));
    const scores = { validationLoss: 0.5, validationAccuracy: 0.75 };
    await api.database.checkpoints.record(jobId, attempt, {
      id,
      step,
      epoch: 1,
      roles,
      ...scores,
      sha256: weights.key,
      bytes: weights.size,
    });
    return id;
  };
  const best = await record(['best'], 3);
  const last = await record(['last'], 6);
  const artifact = newId('art');
  const file = {
    kind: 'log',
    fileName: 'naïve "log".txt',
    contentType: 'text/plain',
    sha256: key,
    bytes: size,
  };
  await api.database.artifacts.record(jobId, attempt, { id: artifact, ...file });
  return { ...job, best, last, artifact };
}
