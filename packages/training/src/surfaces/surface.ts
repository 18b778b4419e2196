import type { z } from 'zod';
import { byKind, oneOf } from '../family.js';
import type { SurfaceDefinition } from './definition.js';
import * as kinds from './kinds.js';

type Definition = (typeof kinds)[keyof typeof kinds];

const all: Definition[] = Object.values(kinds);

/** Every error surface, by kind. */
export const surfaces = byKind(all);
export type SurfaceKind = Definition['kind'];

export const Surface = oneOf(all.map(({ options }) => options));
export type Surface = z.output<typeof Surface>;

/** Options match their own kind. */
export const surfaceOf = (surface: Surface) =>
  surfaces[surface.kind] as unknown as SurfaceDefinition<SurfaceKind, Surface>;
