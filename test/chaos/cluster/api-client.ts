import { randomUUID } from 'node:crypto';
import type { Dataset, Job, Model } from '@ravine/contracts';
import { patiently } from './patience.js';

/** A caller who repeats a request until it is answered, under one Idempotency-Key: what a careful script does. */
export interface ApiClient {
  post<T>(path: string, body: unknown): Promise<T>;
  get<T>(path: string): Promise<T>;
  uploadDataset(archive: Uint8Array): Promise<Dataset>;
  submit(recipe: object, more?: object): Promise<Job>;
  model(jobId: string): Promise<Model>;
  predict(modelId: string, image: Uint8Array): Promise<unknown>;
}

/** An answer that a repetition does not change. */
class Refused extends Error {
  final = true;
}

export function createApiClient(url: string): ApiClient {
  const ask = (path: string, init: () => RequestInit): Promise<unknown> =>
    patiently(`no answer to ${path}`, async () => {
      const response = await fetch(new URL(path, url), { ...init(), signal: AbortSignal.timeout(60_000) });
      const body = await response.text();
      if (response.ok) return JSON.parse(body) as unknown;
      const again =
        response.status >= 500 || response.status === 429 || body.includes('idempotency_in_progress');
      throw again ? new Error(body) : new Refused(`${response.status} ${body}`);
    });
  const post = (path: string, body: unknown): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    return ask(path, () => ({ method: 'POST', headers, body: JSON.stringify(body) }));
  };
  const postFile = (
    path: string,
    fields: Record<string, string>,
    file: File,
    keyed: boolean,
  ): Promise<unknown> => {
    const headers: Record<string, string> = keyed ? { 'idempotency-key': randomUUID() } : {};
    return ask(path, () => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', file);
      return { method: 'POST', headers, body: form };
    });
  };
  return {
    post: (path, body) => post(path, body) as Promise<never>,
    get: (path) => ask(path, () => ({})) as Promise<never>,
    uploadDataset: (archive) => {
      const fields = { name: 'shapes', height: '16', width: '16', channels: '3' };
      return postFile('/v1/datasets', fields, new File([archive], 'shapes.tar'), true) as Promise<Dataset>;
    },
    submit: (recipe, more = {}) => post('/v1/jobs', { recipe, ...more }) as Promise<Job>,
    model: (jobId) => post('/v1/models', { jobId }) as Promise<Model>,
    predict: (modelId, image) =>
      postFile(`/v1/models/${modelId}/predict`, {}, new File([image], 'image.png'), false),
  };
}
