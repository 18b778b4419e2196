import { type Descent, type SurfaceDefinition, SurfaceRun, stability, surfaces } from '@ravine/training';
import { z } from 'zod';

/** A place: one number for each axis. */
const Place = z.array(z.number()).length(2);
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const SurfaceView = z.object({
  kind: z.string(),
  title: z.string(),
  summary: z.string(),
  formula: z.string().nullable(),
  paper: z.string().nullable(),
  defaults: z.record(z.string(), z.unknown()).describe('The surface with its options filled in'),
  schema: z.record(z.string(), z.unknown()).describe('JSON schema of the options'),
  axes: z.array(z.string()).length(2),
  domain: z.array(z.array(z.number()).length(2)).length(2).describe('The part worth drawing, axis by axis'),
  start: Place,
  minimum: z
    .object({ value: z.number(), at: z.array(Place) })
    .nullable()
    .describe('The least value and some of the places where it is taken; null where it is only approached'),
  eigenvalues: z
    .array(z.number())
    .length(2)
    .nullable()
    .describe('Of the Hessian, where the surface is quadratic'),
});

export const SurfaceList = z
  .object({ object: z.literal('list'), data: z.array(SurfaceView) })
  .meta({ id: 'SurfaceList' });
export type SurfaceList = z.output<typeof SurfaceList>;

export const CreateTrajectory = SurfaceRun;

export const Trajectory = z
  .object({
    object: z.literal('trajectory'),
    axes: z.array(z.string()).length(2),
    steps: z.array(z.int()).describe('Updates done; 0 is the start. The lists belong together'),
    positions: z.array(Place),
    values: z.array(z.number().nullable()).describe('null where the value is too large for a number'),
    gradientNorms: z.array(z.number().nullable()),
    diverged: z
      .object({
        step: z.int().describe('First step that ended a thousand widths of the domain outside of it'),
        overflowStep: z
          .int()
          .nullable()
          .describe('First step whose position is not a finite number; the lists end before it'),
      })
      .nullable(),
    stability: z
      .object({
        limit: z
          .number()
          .describe(
            'A constant learning rate converges below it, and above it diverges from almost everywhere',
          ),
        lambdaMax: z.number().describe('Largest eigenvalue of the Hessian, weight decay included'),
        conditionNumber: z.number(),
      })
      .nullable()
      .describe('Exact; null unless the surface is quadratic and the optimizer SGD'),
  })
  .meta({ id: 'Trajectory' });
export type Trajectory = z.output<typeof Trajectory>;

/** The family with what each surface is at its default options. */
export const listSurfaces = (): SurfaceList => ({
  object: 'list',
  data: Object.values(surfaces).map((surface) => viewOf(surface as unknown as AnySurface)),
});

/** What can be said of a surface of any kind. */
type AnySurface = SurfaceDefinition<string, unknown>;

function viewOf(surface: AnySurface): SurfaceList['data'][number] {
  const { kind, title, summary, formula, paper, axes, domain, start } = surface;
  const options = surface.options.parse({ kind });
  const least = surface.minimum(options);
  return {
    kind,
    title,
    summary,
    formula,
    paper,
    defaults: options as Record<string, unknown>,
    schema: z.toJSONSchema(surface.options, { io: 'input' }),
    axes: [...axes],
    domain: domain.map((range) => [...range]),
    start: [...start],
    minimum: least && { value: least.value, at: least.at.map((place) => [...place]) },
    eigenvalues: surface.curvature ? [...surface.curvature(options)] : null,
  };
}

/** The answer; what is too large for a number becomes null. */
export const trajectoryOf = (
  { surface, optimizer }: SurfaceRun,
  { steps, positions, values, gradientNorms, diverged }: Descent,
): Trajectory => ({
  object: 'trajectory',
  axes: [...surfaces[surface.kind].axes],
  steps,
  positions: positions.map((place) => [...place]),
  values: values.map(finite),
  gradientNorms: gradientNorms.map(finite),
  diverged,
  stability: stability(surface, optimizer),
});
