import type { Scenario } from '../scenario.js';
import { clock } from './clock.js';
import { crowd } from './crowd.js';
import { damaged } from './damage.js';
import { digests } from './digests.js';
import { disk } from './disk.js';
import { outOfMemory } from './out-of-memory.js';
import { outages } from './outages.js';
import { crashPoints } from './points.js';
import { rolling } from './rolling.js';
import { sleeper } from './sleeper.js';
import { workerKill } from './worker-kill.js';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  crashPoints,
  workerKill,
  digests,
  sleeper,
  outages,
  disk,
  damaged,
  clock,
  outOfMemory,
  rolling,
  crowd,
];
