import { randomBytes } from 'node:crypto';
import { digest } from './digest.js';
import type { Storage } from './storage.js';

/** Proves that storage can write, read back and delete, with content that no other process has. */
export async function checkStorage(storage: Pick<Storage, 'put' | 'read' | 'delete'>): Promise<void> {
  const content = randomBytes(32);
  try {
    await storage.put(content);
    await storage.read(digest(content));
  } finally {
    await storage.delete(digest(content));
  }
}
