/**
 * The program: one JSON value that tells an engine everything it must compute.
 * Nodes are listed in topological order; every shape is already inferred; nothing in it is random.
 *
 * Shapes are written without the batch dimension, channels first: [C, H, W] for images, [F] for vectors.
 */
import type { ResolvedOptimizer } from './optimizers/index.js';

/** Name of the value that holds the normalised, augmented input image. */
export const INPUT = 'input';

/**
 * A primitive layer. `name` names the node and the value it produces; `inputs` are names of earlier nodes or INPUT.
 * Parameters and buffers of a node are called `<name>.<role>`: `weight`, `bias`, `runningMean`, `runningVariance`.
 */
export type Node =
  /**
   * Cross-correlation (no kernel flip). Zero padding, the same on both sides of an axis, so at stride 2 the output
   * is floor((size + 2·padding − kernel) / stride) + 1 (PyTorch's rule, not TensorFlow's `same`).
   * `weight` is OIHW: [outChannels, inChannels / groups, kernel, kernel]; `bias` [outChannels] when `bias`.
   */
  | NodeOf<
      'conv2d',
      { outChannels: number; kernel: number; stride: number; padding: number; groups: number; bias: boolean }
    >
  /**
   * Batch normalisation over N, H, W (or N for vectors). Normalises with the biased batch variance; the running
   * variance takes the unbiased one: running ← (1 − momentum)·running + momentum·batch (PyTorch's `momentum`).
   * `weight` (γ), `bias` (β), buffers `runningMean`, `runningVariance`, all [C].
   */
  | NodeOf<'batch-norm', { momentum: number; epsilon: number }>
  | NodeOf<'relu', object>
  /** Windows that leave the image are padded with −∞; output size floor((size + 2·padding − kernel)/stride) + 1. Ties: the first maximum in row order takes the gradient. */
  | NodeOf<'max-pool', { kernel: number; stride: number; padding: number }>
  /** No padding; output size floor((size − kernel)/stride) + 1. */
  | NodeOf<'avg-pool', { kernel: number; stride: number }>
  /** [C, H, W] → [C]: mean over H and W. */
  | NodeOf<'global-average-pool', object>
  /** [C, H, W] → [C·H·W], in C, H, W order (PyTorch's), whatever layout the engine keeps. */
  | NodeOf<'flatten', object>
  /** y = x Wᵀ + b; `weight` [outFeatures, inFeatures], `bias` [outFeatures] when `bias`. */
  | NodeOf<'linear', { outFeatures: number; bias: boolean }>
  /**
   * Inverted dropout. At training, element e (index within the batch value in N, C, H, W order) is kept when
   * `uniform(key = step's dropoutKey, counter = (e, node index in program.nodes)) ≥ rate`, and kept values are
   * scaled by 1 / (1 − rate). Identity at evaluation. The uniform is that of `random.ts` (`dropoutUniform`).
   */
  | NodeOf<'dropout', { rate: number }>
  /** Elementwise sum of two or more values of one shape (residual connection). */
  | NodeOf<'add', object>;

type NodeOf<K extends string, Options> = {
  kind: K;
  name: string;
  inputs: string[];
  shape: number[];
} & Options;

export type NodeKind = Node['kind'];

export type ParameterRole = 'conv-weight' | 'linear-weight' | 'bias' | 'norm-scale' | 'norm-shift';

/** How a parameter's initial values are drawn (in TypeScript, see `initializers.ts`). */
export type Initializer =
  | { kind: 'constant'; value: number }
  /** U(−bound, bound). */
  | { kind: 'uniform'; bound: number }
  /** N(0, standardDeviation²). */
  | { kind: 'normal'; standardDeviation: number };

export interface ParameterSpec {
  /** `<node>.<weight|bias>` */
  name: string;
  shape: number[];
  role: ParameterRole;
  initializer: Initializer;
  /** Index into `Program.groups`. */
  group: number;
}

/** State that is not trained by gradient: the running statistics of batch normalisation. */
export interface BufferSpec {
  name: string;
  shape: number[];
  initialValue: number;
}

export interface ParameterGroup {
  /** L2 or decoupled, as the optimizer's rule says. */
  weightDecay: number;
  /** Multiplies the learning rate of the step. */
  learningRateFactor: number;
}

export type ProgramLoss =
  /** Mean over the batch of −Σ t·log softmax(z), with t = (1 − s)·onehot + s/classes. */
  | { kind: 'cross-entropy'; labelSmoothing: number }
  /** Mean over the batch of Σ_c (softmax(z)_c − onehot_c)²: the SUM over classes, as in the lecture (range 0…2). */
  | { kind: 'mse' };

/** `fp64` exists for conformance tests and the gradient check; recipes offer fp32 and bf16. */
export type Precision = 'fp32' | 'bf16' | 'fp64';

export interface Program {
  version: 1;
  /** Size of the image that enters the first node. */
  input: { channels: number; height: number; width: number };
  /** x = (pixel / 255 − mean) / standardDeviation, per channel. */
  normalization: { mean: number[]; standardDeviation: number[] };
  nodes: Node[];
  /** Name of the node whose value [classes] holds the logits. */
  output: string;
  classes: number;
  parameters: ParameterSpec[];
  buffers: BufferSpec[];
  groups: ParameterGroup[];
  loss: ProgramLoss;
  optimizer: ResolvedOptimizer;
  /** Scales all gradients by min(1, norm / (‖g‖₂ + 1e-6)) over all parameters (PyTorch's clip_grad_norm_). */
  gradientClip: { norm: number } | null;
  precision: Precision;
}
