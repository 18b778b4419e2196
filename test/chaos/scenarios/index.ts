import type { Scenario } from '../scenario.js';
import { crashPoints } from './points.js';
import { workerKill } from './worker-kill.js';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [crashPoints, workerKill];
