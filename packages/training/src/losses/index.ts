import type { z } from 'zod';
import { byKind, oneOf } from '../family.js';
import type { SpecIssue } from '../spec-error.js';
import { classWeightProblems, resolveClassWeights } from './class-weights.js';
import type { LossDefinition, LossOutputs, LossValue } from './definition.js';
import * as kinds from './kinds.js';

type Definition = (typeof kinds)[keyof typeof kinds];

const all: Definition[] = Object.values(kinds);

/** Every loss, by kind. */
export const losses = byKind(all);
export type LossKind = Definition['kind'];

/** Recipe form. */
export const Loss = oneOf(all.map(({ options }) => options));
export type Loss = z.output<typeof Loss>;

/** Loss with every option as a number, as an engine gets it. */
export const ResolvedLoss = oneOf(all.map(({ resolved }) => resolved));
export type ResolvedLoss = z.output<typeof ResolvedLoss>;

/** What the options demand that these classes cannot give. `counts`: images of each class to train on. */
export function lossProblems(loss: Loss, counts: number[]): SpecIssue[] {
  if (losses[loss.kind].outputs === 'logit' && counts.length !== 2)
    return [{ path: ['kind'], message: `${loss.kind} is for 2 classes, but there are ${counts.length}` }];
  return 'classWeights' in loss ? classWeightProblems(loss.classWeights, counts) : [];
}

/** The loss for these classes, of which `lossProblems` has found none wrong. */
export const resolveLoss = (loss: Loss, counts: number[]): ResolvedLoss =>
  'classWeights' in loss ? { ...loss, classWeights: resolveClassWeights(loss.classWeights, counts) } : loss;

/** The loss that a split is judged by: without label smoothing. */
export const evaluationLoss = (loss: ResolvedLoss): ResolvedLoss =>
  'labelSmoothing' in loss ? { ...loss, labelSmoothing: 0 } : loss;

export const lossOutputs = (kind: LossKind): LossOutputs => losses[kind].outputs;

/** How many values a network gives that learns by this loss. */
export const outputCount = (kind: LossKind, classes: number): number =>
  lossOutputs(kind) === 'logit' ? 1 : classes;

/** One logit per class of a network's outputs: an output z alone stands for (0, z). */
export const classLogits = (outputs: Float64Array): Float64Array =>
  outputs.length === 1 ? Float64Array.of(0, outputs[0] as number) : outputs;

/** The outputs that stand for these logits of the classes: the inverse of `classLogits`. */
export const outputsOf = (kind: LossKind, logits: Float64Array): Float64Array =>
  lossOutputs(kind) === 'logit' ? Float64Array.of((logits[1] as number) - (logits[0] as number)) : logits;

/** Value and gradient of one sample, in double precision. `target`: its class, or a distribution over the classes. */
export function evaluateLoss(
  options: ResolvedLoss,
  outputs: Float64Array,
  target: number | Float64Array,
): LossValue {
  const definition = losses[options.kind] as unknown as LossDefinition<LossKind, Loss, ResolvedLoss>; // options match their own kind
  const distribution =
    typeof target === 'number' ? classLogits(outputs).map((_, c) => (c === target ? 1 : 0)) : target;
  return definition.evaluate(options, outputs, distribution);
}
