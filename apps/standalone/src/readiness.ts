/** The part of `/readyz` that the service looks at. */
export interface Readiness {
  status: 'ready' | 'degraded' | 'unavailable';
  parts: { name: string; ok: boolean; detail: string }[];
}

const ASK_MS = 5000;

/** Resolves once a worker has reported, with what the service can do; null before. */
export async function askWorkers(url: string): Promise<Readiness | null> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(ASK_MS) });
  const readiness = (await response.json()) as Readiness;
  return readiness.parts.some(({ name, ok }) => name === 'workers' && ok) ? readiness : null;
}
