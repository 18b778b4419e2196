import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointMetadata } from '@ravine/training';
import type { Channel } from './channel.js';

/** Epochs of small networks end many times a second; a crash costs at most this much work more. */
const INTERVAL_MS = 5_000;

type Role = CheckpointMetadata['role'];
interface Checkpoint {
  metadata: CheckpointMetadata;
  bytes: Uint8Array;
}

/** Stores the newest checkpoint of each role, at most one in five seconds. */
export interface CheckpointKeeper {
  offer(checkpoint: Checkpoint): Promise<void>;
  /** Stores what was held back. */
  flush(): Promise<void>;
}

export interface CheckpointKeeperOptions {
  channel: Pick<Channel<'train'>, 'store' | 'acknowledged'>;
  folder: string;
  /** Called before a checkpoint leaves: what it covers must be stored first, or a resumed run would miss it. */
  before: () => Promise<void>;
  clock: () => number;
}

export function createCheckpointKeeper(options: CheckpointKeeperOptions): CheckpointKeeper {
  const { channel, folder, before, clock } = options;
  const held = new Map<Role, Checkpoint>();
  const stored = new Map<Role, { at: number; sequence: number }>();
  let files = 0;

  const store = async ({ metadata: { role, position }, bytes }: Checkpoint): Promise<void> => {
    held.delete(role);
    await before();
    // One file of each role on the disk at a time, however slow the storage is.
    await channel.acknowledged(stored.get(role)?.sequence ?? 0);
    const path = join(folder, `${++files}-${role}.safetensors`);
    await writeFile(path, bytes);
    const result = position.best?.step === position.step ? position.best : null;
    const sequence = await channel.store({
      type: 'checkpoint',
      path,
      step: position.step,
      epoch: position.epoch,
      roles: [role],
      validationLoss: result?.validationLoss ?? null,
      validationAccuracy: result?.validationAccuracy ?? null,
    });
    stored.set(role, { at: clock(), sequence });
  };

  return {
    async offer(checkpoint) {
      const { role } = checkpoint.metadata;
      const at = stored.get(role)?.at ?? Number.NEGATIVE_INFINITY;
      if (clock() - at >= INTERVAL_MS) await store(checkpoint);
      else held.set(role, checkpoint);
    },
    async flush() {
      for (const checkpoint of [...held.values()]) await store(checkpoint);
    },
  };
}
