import type { BackendFactory, IQueueBackend, Queue, RelayBackendFactory } from 'bullmq';
import type { Payload } from './catalog.js';

/** What the rest of the package needs to know about a broker. The connection types differ, so they are opaque here. */
export interface Backend {
  readonly kind: 'redis' | 'postgres';
  /** Where it is, without secrets. */
  readonly place: string;
  /** Connection whose commands fail soon while the broker is away. */
  readonly producing: unknown;
  /** Connection whose commands wait for the broker to come back. */
  readonly consuming: unknown;
  readonly createBackend: BackendFactory<IQueueBackend, unknown>;
  readonly createRelayBackend: RelayBackendFactory<unknown>;
  /** Asks the broker for a sign of life. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type DeliveryQueue = Queue<Payload, void, string, Payload, void, string, IQueueBackend, unknown>;
