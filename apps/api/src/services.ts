import type { Blobs } from './http/blobs.js';
import type { Lifetimes } from './http/lifetimes.js';
import type { Wakeups } from './http/wakeups.js';
import type { Parts } from './parts.js';

/** The parts and what the app makes of them. */
export interface Services extends Parts {
  wakeups: Wakeups;
  blobs: Blobs;
  lifetimes: Lifetimes;
}
