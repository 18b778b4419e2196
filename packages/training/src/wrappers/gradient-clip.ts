import { z } from 'zod';
import type { Node } from '../program.js';
import { elements } from '../shapes.js';

const bound = (what: string) => z.number().positive().max(1e6, `at most 1e6: larger ${what} clip nothing`);

const NormClip = z.strictObject({
  norm: bound('norms').describe('Largest ‖g‖₂'),
  per: z
    .literal('parameter')
    .optional()
    .describe('Of each parameter by itself; left out, of all parameters together'),
});
const ValueClip = z.strictObject({ value: bound('values').describe('Largest |g| of each element') });
const AdaptiveClip = z.strictObject({
  adaptive: z
    .strictObject({
      ratio: z
        .number()
        .positive()
        .max(1e3)
        .default(0.01)
        .describe("The paper's λ: largest ‖g‖₂ / ‖w‖₂ of a unit"),
      epsilon: z.number().positive().max(1).default(1e-3).describe('Smallest ‖w‖₂: lets weights leave 0'),
    })
    .describe(
      'Adaptive gradient clipping (Brock et al. 2021) of each unit (row of a weight, whole vector), but for the last linear layer',
    ),
});

export const GradientClip = z
  .union([NormClip, ValueClip, AdaptiveClip], {
    error:
      'must be one of { norm }, { norm, per: "parameter" }, { value } and { adaptive: { ratio, epsilon } }',
  })
  .describe(
    'Makes large gradients smaller before each update; the gradient norms that are reported are those before',
  );
export type GradientClip = z.output<typeof GradientClip>;

/**
 * As an engine gets it. `norm`: g · min(1, norm / (‖g‖₂ + 1e-6)) over all parameters (PyTorch's clip_grad_norm_), or
 * over each by itself. `value`: each element within ±value. `adaptive`: g · min(1, ratio · max(‖w‖₂, epsilon) / ‖g‖₂)
 * with the norms of a unit: of [O, …] each of the O rows, of a vector the whole; node `except` is left alone.
 */
export type ProgramClip =
  | z.output<typeof NormClip>
  | z.output<typeof ValueClip>
  | (z.output<typeof AdaptiveClip> & { except: string | null });

/** The last linear layer is left out of adaptive clipping, as the paper does. */
export const programClip = (clip: GradientClip, nodes: Node[]): ProgramClip =>
  'adaptive' in clip
    ? { ...clip, except: nodes.findLast((node) => node.kind === 'linear')?.name ?? null }
    : clip;

const normOf = (values: Float64Array): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

/** One parameter's gradient after clipping: what engines are tested against. `networkNorm`: ‖g‖₂ over all parameters. */
export function clipGradient(
  clip: ProgramClip,
  { name, shape }: { name: string; shape: number[] },
  { weights, gradient, networkNorm }: { weights: Float64Array; gradient: Float64Array; networkNorm: number },
): Float64Array {
  if ('value' in clip) return gradient.map((g) => Math.min(clip.value, Math.max(-clip.value, g)));
  if ('norm' in clip) {
    const norm = clip.per === 'parameter' ? normOf(gradient) : networkNorm;
    const scale = Math.min(1, clip.norm / (norm + 1e-6));
    return gradient.map((g) => g * scale);
  }
  if (name.slice(0, name.lastIndexOf('.')) === clip.except) return gradient;
  const { ratio, epsilon } = clip.adaptive;
  const size = shape.length > 1 ? elements(shape.slice(1)) : gradient.length;
  const clipped = new Float64Array(gradient.length);
  for (let at = 0; at < gradient.length; at += size) {
    const unit = gradient.subarray(at, at + size);
    const most = ratio * Math.max(normOf(weights.subarray(at, at + size)), epsilon);
    const norm = normOf(unit);
    clipped.set(norm > most ? unit.map((g) => (g * most) / norm) : unit, at);
  }
  return clipped;
}
