import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointMetadata } from '@ravine/training';
import type { Channel } from './channel.js';

type Role = CheckpointMetadata['role'];

/** What the trainer reports; `parts` follow each other in the file. */
export interface CheckpointReport {
  metadata: CheckpointMetadata;
  parts: Uint8Array[];
}

/** Hands the checkpoints to the parent as files. */
export interface CheckpointKeeper {
  store(checkpoint: CheckpointReport): Promise<void>;
}

export interface CheckpointKeeperOptions {
  channel: Pick<Channel<'train'>, 'store' | 'acknowledged'>;
  folder: string;
  /** Called before a checkpoint leaves: what it covers must be stored first, or a resumed run would miss it. */
  before: () => Promise<void>;
}

export function createCheckpointKeeper(options: CheckpointKeeperOptions): CheckpointKeeper {
  const { channel, folder, before } = options;
  const stored = new Map<Role, number>();
  let files = 0;

  return {
    async store({ metadata: { role, position }, parts }) {
      await before();
      // One file of each role on the disk at a time, however slow the storage is.
      await channel.acknowledged(stored.get(role) ?? 0);
      const path = join(folder, `${++files}-${role}.safetensors`);
      await writeFile(path, parts);
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
      stored.set(role, sequence);
    },
  };
}
