import { z } from 'zod';
import type { ImageSize } from './augmentations/definition.js';
import { type Augmentation, augmentationProblems } from './augmentations/index.js';
import { sum } from './dataset-facts.js';
import { networkParameters } from './parameters.js';
import { INPUT, type Node, type Program } from './program.js';
import { inferShape, type Shape } from './shapes.js';
import type { SpecIssue } from './spec-error.js';

/** A network is not asked to look at images below this height or width. */
const SMALLEST = 8;

export const ProgressiveResizing = z
  .strictObject({
    stages: z
      .array(
        z.strictObject({
          scale: z
            .number()
            .min(0.1)
            .lt(1, 'less than 1: after the stages the images have their full size')
            .describe('Factor of height and width, which are rounded to whole pixels'),
          for: z.strictObject({ epochs: z.int().min(1).max(100_000) }).describe('Length in whole epochs'),
        }),
      )
      .min(1)
      .max(16, 'at most 16'),
  })
  .describe(
    'Trains on smaller images first (Howard; MosaicML’s progressive image resizing), one stage after the other, and at full size from there on. Validation and the model are always at full size',
  );
export type ProgressiveResizing = z.output<typeof ProgressiveResizing>;

const scaled = (scale: number, { height, width }: ImageSize): ImageSize => ({
  height: Math.round(scale * height),
  width: Math.round(scale * width),
});

/** Epochs of one image size: from `firstEpoch`, counted from 1, to `lastEpoch`. */
export interface SizeStage extends ImageSize {
  firstEpoch: number;
  lastEpoch: number;
}

/** The sizes that a run goes through; a run without stages has its full size all along. Stages past its end are left out. */
export function sizeStages(
  options: ProgressiveResizing | null,
  { height, width }: ImageSize,
  epochs: number,
): SizeStage[] {
  const stages = (options?.stages ?? []).map(({ scale, for: length }) => ({
    ...scaled(scale, { height, width }),
    epochs: length.epochs,
  }));
  let done = 0;
  return [...stages, { height, width, epochs }].flatMap(({ epochs: most, ...size }) => {
    const firstEpoch = done + 1;
    done = Math.min(epochs, done + most);
    return done < firstEpoch ? [] : [{ ...size, firstEpoch, lastEpoch: done }];
  });
}

/** The size of training images in an epoch, counted from 0. */
export function sizeInEpoch(options: ProgressiveResizing | null, full: ImageSize, epoch: number): ImageSize {
  const stages = sizeStages(options, full, Number.POSITIVE_INFINITY);
  const { height, width } = stages.find(({ lastEpoch }) => epoch < lastEpoch) ?? full;
  return { height, width };
}

/** The same layers with the shapes that they have for images of another size, or in words why there are none. */
function nodesAt(nodes: Node[], input: Program['input']): Node[] | { problem: string } {
  const shapes = new Map<string, Shape>([[INPUT, [input.channels, input.height, input.width]]]);
  const result: Node[] = [];
  for (const node of nodes) {
    const incoming = node.inputs.map((name) => shapes.get(name) as Shape); // nodes come from buildNetwork
    const inferred = inferShape(node, incoming);
    if ('problem' in inferred) return { problem: `layer "${node.name}" (${node.kind}) ${inferred.problem}` };
    shapes.set(node.name, inferred.shape);
    result.push({ ...node, shape: inferred.shape });
  }
  return result;
}

/** The program of the same network for smaller images: `resizingProblems` has found that its parameters stay the same. */
export function programAt(program: Program, size: ImageSize): Program {
  const input = { ...program.input, ...size };
  const nodes = nodesAt(program.nodes, input);
  if ('problem' in nodes) throw new Error(nodes.problem);
  return { ...program, input, nodes };
}

/** Names the first layer whose parameters depend on the size of the image; null if none does. */
function dependentLayer(nodes: Node[], full: Program['input'], small: Node[], input: Program['input']) {
  const shapesOf = (list: Node[], size: Program['input']) =>
    networkParameters(list, size, 'pytorch').parameters;
  const others = shapesOf(small, input);
  const found = shapesOf(nodes, full).find(({ shape }, i) => shape.join() !== others[i]?.shape.join());
  return found ? found.name.slice(0, found.name.lastIndexOf('.')) : null;
}

/** What is to be known of a run to say whether its stages make sense. */
export interface ResizedRun {
  augmentation: Augmentation[];
  /** Layers at full size. */
  nodes: Node[];
  input: Program['input'];
  /** What else is wrong with layers of such shapes. */
  nodeProblems(nodes: Node[]): SpecIssue[];
}

/** What images of this size do not fit to, in words. */
function sizeProblems(size: ImageSize, { augmentation, nodes, input, nodeProblems }: ResizedRun): string[] {
  if (Math.min(size.height, size.width) < SMALLEST)
    return [`at least ${SMALLEST}×${SMALLEST} pixels are needed`];
  if (size.height === input.height && size.width === input.width) return ['that is their full size'];
  const smallInput = { ...input, ...size };
  const small = nodesAt(nodes, smallInput);
  if ('problem' in small) return [small.problem];
  const layer = dependentLayer(nodes, input, small, smallInput);
  if (layer !== null)
    return [
      `layer "${layer}" would have other weights than at ${input.height}×${input.width}; the network needs global pooling before it`,
    ];
  const named = ({ path, message }: SpecIssue) => `${path.join('.')}: ${message}`;
  return [
    ...nodeProblems(small).map(named),
    ...augmentationProblems(augmentation, size).map(({ path, message }) =>
      named({ path: ['augmentation', ...path], message }),
    ),
  ];
}

/** What is wrong with the stages; paths begin in the options. */
export const resizingProblems = ({ stages }: ProgressiveResizing, run: ResizedRun): SpecIssue[] =>
  stages.flatMap(({ scale }, i) => {
    const size = scaled(scale, run.input);
    return sizeProblems(size, run).map((problem) => ({
      path: ['stages', i, 'scale'],
      message: `${scale} makes images of ${size.height}×${size.width}: ${problem}`,
    }));
  });

/** Epochs of all stages together. */
export const resizedEpochs = ({ stages }: ProgressiveResizing): number =>
  sum(stages.map(({ for: length }) => length.epochs));
