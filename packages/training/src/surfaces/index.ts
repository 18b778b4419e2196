export type { SurfaceDefinition } from './definition.js';
export { type Descent, descend } from './descend.js';
export type { Point } from './point.js';
export { SurfaceRun, type SurfaceRunInput } from './run.js';
export { type Stability, stability } from './stability.js';
export { Surface, type SurfaceKind, surfaces } from './surface.js';
