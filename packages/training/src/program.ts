/**
 * The program: one JSON value that tells an engine everything it must compute.
 * Nodes are listed in topological order; every shape is already inferred; nothing in it is random.
 *
 * Shapes are written without the batch dimension, channels first: [C, H, W] for images, [F] for vectors.
 */
import type { ResolvedLoss } from './losses/index.js';
import type { ResolvedOptimizer } from './optimizers/index.js';
import type { ProgramClip } from './wrappers/index.js';

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
   * `weight` is OIHW: [outChannels, inChannels / groups, kernel, kernel]; `bias` [outChannels] when `bias`. With
   * `whitening` it reads the image, its weight starts as `whitening.ts` says and is in a group that is not trained;
   * what it computes is the same.
   */
  | NodeOf<
      'conv2d',
      {
        outChannels: number;
        kernel: number;
        stride: number;
        padding: number;
        groups: number;
        bias: boolean;
        whitening?: boolean | undefined;
      }
    >
  /**
   * Batch normalisation over N, H, W (or N for vectors). Normalises with the biased batch variance; the running
   * variance takes the unbiased one: running ← (1 − momentum)·running + momentum·batch (PyTorch's `momentum`).
   * `weight` (γ), `bias` (β), buffers `runningMean`, `runningVariance`, all [C].
   */
  | NodeOf<'batch-norm', { momentum: number; epsilon: number; initialScale: number }>
  /**
   * Group normalisation (Wu & He 2018) within each sample: groups of C / groups neighbouring channels, over those and
   * H, W, with the biased variance; training and evaluation are the same. `weight` (γ), `bias` (β) of shape [C].
   */
  | NodeOf<'group-norm', { groups: number; epsilon: number; initialScale: number }>
  /**
   * Layer normalisation (Ba et al. 2016) over C alone: of each pixel of an image (ConvNeXt's form; PyTorch's LayerNorm
   * on N, H, W, C), of all features of a vector. Biased variance. `weight` (γ), `bias` (β) of shape [C].
   */
  | NodeOf<'layer-norm', { epsilon: number; initialScale: number }>
  | NodeOf<'relu', object>
  /** x where x > 0, else slope·x. */
  | NodeOf<'leaky-relu', { slope: number }>
  /** min(max(x, 0), 6). */
  | NodeOf<'relu6', object>
  /** `none`: x·Φ(x) with the normal distribution's Φ by erf; `tanh`: ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
  | NodeOf<'gelu', { approximation: 'none' | 'tanh' }>
  /** x·σ(x), also called swish. */
  | NodeOf<'silu', object>
  /** x·min(max(x + 3, 0), 6) / 6; slope 0 at −3 and where it is flat. */
  | NodeOf<'hard-swish', object>
  /** σ(x) = 1 / (1 + e⁻ˣ). */
  | NodeOf<'sigmoid', object>
  /** min(max(x + 3, 0), 6) / 6 (PyTorch's; Keras 2 has 0.2x + 0.5). */
  | NodeOf<'hard-sigmoid', object>
  /** Windows that leave the image are padded with −∞; output size floor((size + 2·padding − kernel)/stride) + 1. Ties: the first maximum in row order takes the gradient. */
  | NodeOf<'max-pool', { kernel: number; stride: number; padding: number }>
  /** No padding; output size floor((size − kernel)/stride) + 1. */
  | NodeOf<'avg-pool', { kernel: number; stride: number }>
  /** [C, H, W] → [C]: mean over H and W. */
  | NodeOf<'global-average-pool', object>
  /** [C, H, W] → [C]: maximum over H and W. Ties as in `max-pool`. */
  | NodeOf<'global-max-pool', object>
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
  /**
   * Stochastic depth (Huang et al. 2016; drop path): drops the whole value of a sample with probability `rate`, and
   * scales kept ones by float32(1 / (1 − rate)). Sample n of the batch is kept as dropout would keep element n.
   * Identity at evaluation.
   */
  | NodeOf<'stochastic-depth', { rate: number }>
  /** Elementwise sum of two or more values of one shape (residual connection). */
  | NodeOf<'add', object>
  /** Channels (or features) of two or more values one after the other; the other sizes must be equal. */
  | NodeOf<'concat', object>
  /** Product of two values. The second has the first's shape, or is [C] or [C, 1, 1] beside an image of C channels (a gate). */
  | NodeOf<'multiply', object>
  /** value·x, not learned. */
  | NodeOf<'scale', { value: number }>
  /** γ·x with a learned γ per channel, which starts at `initialScale` (ConvNeXt's layer scale). `weight` [C]. */
  | NodeOf<'channel-scale', { initialScale: number }>;

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
  | { kind: 'normal'; standardDeviation: number }
  /** Rows or columns, whichever are fewer, orthonormal, of the weight as a matrix [outputs, the rest]; times `gain`. */
  | { kind: 'orthogonal'; gain: number }
  /** Of each group of a convolution, the first filters hand on one channel each; further filters U(−bound, bound). */
  | { kind: 'dirac'; bound: number; groups: number }
  /** Eigenvectors of the covariance of patches of so many training images, each divided by √(eigenvalue + epsilon); then negated. */
  | { kind: 'whitening'; epsilon: number; images: number };

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
  /** Multiplies the learning rate of the step. 0: parameters and their slots stay as they are, bit for bit. */
  learningRateFactor: number;
}

/** `fp64` exists for conformance tests and the gradient check; recipes offer fp32 and bf16. */
export type Precision = 'fp32' | 'bf16' | 'fp64';

export interface Program {
  version: 1;
  /** Size of the image that enters the first node. */
  input: { channels: number; height: number; width: number };
  /** x = (pixel / 255 − mean) / standardDeviation, per channel. */
  normalization: { mean: number[]; standardDeviation: number[] };
  nodes: Node[];
  /**
   * Name of the node whose value holds the outputs: [classes], or [1] where the loss takes one alone (`lossOutputs`).
   * An output z alone stands for the logits (0, z), which is what everything beside the loss sees.
   */
  output: string;
  classes: number;
  parameters: ParameterSpec[];
  buffers: BufferSpec[];
  groups: ParameterGroup[];
  /** The mean over the batch of what the loss's definition says; a label's target is its one-hot. */
  loss: ResolvedLoss;
  optimizer: ResolvedOptimizer;
  gradientClip: ProgramClip | null;
  /** Batches are computed in parts of at most this many samples (`wrappers/micro-batches.ts`); null: whole. */
  microBatchSize: number | null;
  /** Whether a mean of weights and running statistics is kept: `average.…` of the state. */
  weightAverage: boolean;
  /** Whether slow weights are kept: `slow.…` of the state. */
  lookahead: boolean;
  precision: Precision;
}
