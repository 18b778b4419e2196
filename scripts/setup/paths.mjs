import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** Locks, logs and fingerprints of the set-up; ignored by git, safe to delete. */
export const stamps = path.join(root, '.stamps');
