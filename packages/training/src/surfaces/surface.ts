import { z } from 'zod';
import type { SurfaceDefinition } from './definition.js';
import * as kinds from './kinds.js';

type Definition = (typeof kinds)[keyof typeof kinds];
type ByKind = { [D in Definition as D['kind']]: D };

const all: Definition[] = Object.values(kinds);

/** Every error surface, by kind. */
export const surfaces = Object.fromEntries(all.map((one) => [one.kind, one])) as ByKind;
export type SurfaceKind = Definition['kind'];

export const Surface = z.discriminatedUnion(
  'kind',
  all.map(({ options }) => options) as [Definition['options'], ...Definition['options'][]],
);
export type Surface = z.output<typeof Surface>;

/** Options match their own kind. */
export const surfaceOf = (surface: Surface) =>
  surfaces[surface.kind] as unknown as SurfaceDefinition<SurfaceKind, Surface>;
