/**
 * The engine boundary: the whole of what an engine must offer. Every decision and every random draw is made on this
 * side and handed over as arrays; an engine only does arithmetic.
 */
import type { OperationKind } from './operations/index.js';
import type { Program } from './program.js';

export type SplitName = 'train' | 'validation' | 'test';

/** One split in memory: uint8 pixels in NHWC order, cut into shards so that no buffer grows without bound. */
export interface PackedSplit {
  count: number;
  /** Every shard but the last holds exactly this many images. */
  imagesPerShard: number;
  /** Shard s holds images [s·imagesPerShard, …), each height·width·channels bytes. */
  shards: Uint8Array[];
  /** [count], class index of each image. */
  labels: Uint16Array;
}

/** A dataset in the one packed format that every engine reads. All images have one size. */
export interface PackedDataset {
  height: number;
  width: number;
  /** 1 (gray) or 3 (RGB). */
  channels: number;
  classes: string[];
  splits: Partial<Record<SplitName, PackedSplit>>;
}

/** A device that an engine can compute on, e.g. `cpu`, `cuda:0`. */
export interface DeviceInfo {
  id: string;
  kind: 'cpu' | 'cuda';
  name: string;
  /** Bytes; null where unknown. */
  memoryBytes: number | null;
  /** Whether bf16 is faster than fp32 there (AMX or AVX512-BF16 on a CPU; compute capability ≥ 8 on a GPU). */
  fastBf16: boolean;
}

export interface EngineInfo {
  name: string;
  version: string;
  /** Names this very build: equal builds compute equal bits on equal devices. At most 256 characters. */
  build: string;
  /** Versions of the libraries below, e.g. `{ libtorch: '1.13.1' }`. */
  libraries: Record<string, string>;
  devices: DeviceInfo[];
}

export interface OpenOptions {
  /** Id of one of `describe().devices`. */
  device: string;
  /** CPU threads the session may use. */
  threads: number;
}

export interface Engine {
  readonly name: string;
  describe(): EngineInfo;
  /** Builds the network; parameters and optimizer slots are undefined until `restore`. Refuses what it cannot compute with EngineError. */
  open(program: Program, data: PackedDataset, options: OpenOptions): Promise<Session>;
}

/** Draws of one augmentation for all samples of a StepPlan, in the order of `StepPlan.order`. Applied in list order. */
export type AugmentationDraws =
  /**
   * The image is padded by `padding` on every side (zeros in pixel space, before normalisation; or reflected without
   * repeating the edge) and a window of the program's input size is cut at [top, left]. `offsets` is [samples × 2].
   */
  | { kind: 'random-crop'; padding: number; mode: 'zero' | 'reflect'; offsets: Int32Array }
  /** Mirror left–right where `flips` is 1; [samples]. */
  | { kind: 'horizontal-flip'; flips: Uint8Array }
  /** Mirror top–bottom where `flips` is 1; [samples]. */
  | { kind: 'vertical-flip'; flips: Uint8Array }
  /**
   * One primitive pixel operation for each sample, as `operations/` defines it: sample i gets `names[codes[i]]` with
   * the parameters [i · width, (i + 1) · width); UNCHANGED leaves it alone.
   */
  | {
      kind: 'operations';
      names: OperationKind[];
      /** [samples] */
      codes: Uint8Array;
      /** Parameters per sample: as many as the longest of the operations needs. */
      width: number;
      /** [samples × width] */
      parameters: Float64Array;
    };

/** Code of a sample that an `operations` draw leaves alone. */
export const UNCHANGED = 255;

/**
 * Draws that combine finished (augmented, normalised) images of one step two by two, for all samples of a StepPlan.
 * `partners[i]` is a place in `StepPlan.order` within the same step; `shares[i]` in [0, 1] is the weight of i's own
 * target: t[i] ← shares[i]·t[i] + (1 − shares[i])·t[partners[i]]. Later draws mix what earlier ones left, and every
 * partner is read as it was before this one. Sums are made in fp32 (fp64 for fp64 programs).
 */
export type MixDraws =
  /** x[i] ← shares[i]·x[i] + (1 − shares[i])·x[partners[i]]. */
  | { kind: 'mixup'; partners: Int32Array; shares: Float64Array }
  /** The box [top, left, height, width] of x[i] becomes that of x[partners[i]]; `boxes` is [samples × 4]. */
  | { kind: 'cutmix'; partners: Int32Array; shares: Float64Array; boxes: Int32Array };

/** Consecutive optimizer steps, computed in one call. */
export interface StepPlan {
  /** Number of optimizer steps done before this plan (0 at the start of training). Step t of the rules is firstStep + i + 1. */
  firstStep: number;
  /** [steps + 1]: samples of step i are order[offsets[i] … offsets[i+1]). */
  offsets: Int32Array;
  /** Indices into the train split. */
  order: Int32Array;
  /** [steps] */
  learningRates: Float64Array;
  /** [steps], above 0 (or the rule's own) and below 1: its momentum, or β₁, at each step; left out: that of the program. */
  momenta?: Float64Array;
  augmentation: AugmentationDraws[];
  /** Applied in list order, after all of `augmentation` and the normalisation. */
  mixing: MixDraws[];
  /** [steps × 2]: 64-bit key of each step's dropout draws as two words. */
  dropoutKeys: Uint32Array;
  /**
   * [steps], where the program keeps a mean of its weights: a ← a + share·(θ − a) after each update, of weights and
   * running statistics; 0 leaves the mean alone.
   */
  averageShares?: Float64Array;
  /** [steps], where the program keeps slow weights: s ← s + share·(θ − s), then θ ← s, after each update and before the mean; 0 leaves both alone. */
  lookaheadShares?: Float64Array;
  /** Noise on the clipped gradients, as `gradientNormal` says: `keys` [steps × 2], standard deviations [steps]. */
  gradientNoise?: { keys: Uint32Array; deviations: Float64Array };
  /** Forward passes alone, as at training: running statistics move and nothing else does; gradient norms are NaN. */
  statisticsOnly?: boolean;
}

export interface StepStats {
  /** Steps done; less than planned when aborted or stopped by a non-finite value. */
  steps: number;
  /** [steps] mean loss of each batch before its update. */
  losses: Float64Array;
  /**
   * [steps] correctly classified samples of each batch, before its update. A sample that was mixed has the class with
   * the largest share of its target for label; ties go to the lower index.
   */
  correct: Int32Array;
  /** [steps] ‖g‖₂ over all parameters before clipping. */
  gradientNorms: Float64Array;
  /**
   * Set when the loss or a gradient of a step was not finite. That step is the last one in the arrays and its update
   * was NOT applied: state() still is the last finite state.
   */
  nonFinite: { step: number; what: 'loss' | 'gradient' } | null;
}

export interface TrainOptions {
  /** Stops at the next step boundary; the promise then resolves with the steps done. */
  signal?: AbortSignal | undefined;
  /** Called at most about every 100 ms with the number of steps done in this call and the latest loss. */
  onProgress?: ((stepsDone: number, loss: number) => void) | undefined;
}

/** Samples of one split; `indices` null means all of them in order. */
export interface SplitView {
  split: SplitName;
  indices: Int32Array | null;
}

export interface EvaluateOptions {
  /** How many best classes to return per sample; at most the number of classes. */
  topK: number;
  batchSize: number;
  signal?: AbortSignal | undefined;
}

/** Images of one's own: count × height × width × channels uint8, NHWC, the program's input size. */
export interface GivenImages {
  pixels: Uint8Array;
  count: number;
}

export interface LogitsOptions {
  /** Draws for the images in their order, applied before the network sees them. */
  augmentation: AugmentationDraws[];
  batchSize: number;
  signal?: AbortSignal | undefined;
}

/** Raw per-sample results; everything else (accuracy, confusion, F1) is derived from it in `evaluation.ts`. */
export interface SampleResults {
  count: number;
  topK: number;
  /** [count] loss of each sample, without label smoothing. */
  losses: Float32Array;
  /** [count × topK] class indices, best first; ties go to the lower index. */
  ranked: Uint16Array;
  /** [count × topK] softmax probabilities of `ranked`. */
  probabilities: Float32Array;
}

export interface Tensor {
  shape: number[];
  data: Float32Array | Float64Array;
}

/**
 * All state of a session by name: `model.<parameter or buffer>`, `optimizer.<slot>.<parameter>`, and where the program
 * keeps them `average.<parameter or buffer>` and `slow.<parameter>`, convolution
 * weights in OIHW, whatever the engine keeps. fp32 (fp64 for fp64 programs), also when computing in bf16.
 */
export type StateDict = Map<string, Tensor>;

export interface Session {
  /** Throws only on faults of the engine or the machine (EngineError); a non-finite loss is a result. */
  train(plan: StepPlan, options?: TrainOptions): Promise<StepStats>;
  evaluate(view: SplitView, options: EvaluateOptions): Promise<SampleResults>;
  /** One logit per class [count × classes] for augmented images, as at evaluation: what test-time views are averaged of. */
  logits(images: SplitView | GivenImages, options: LogitsOptions): Promise<Float64Array>;
  /** `images`: count × height × width × channels uint8, NHWC, the program's input size. Returns softmax probabilities [count × classes]. */
  predict(images: Uint8Array, count: number): Promise<Float32Array>;
  state(): Promise<StateDict>;
  /** Sets parameters and buffers; optimizer slots that are missing from `state` start as the rule's initial slots, other weights as the model's. */
  restore(state: StateDict): Promise<void>;
  close(): Promise<void>;
}

export type EngineErrorCode =
  | 'engine_unavailable'
  | 'engine_unsupported'
  | 'engine_failed'
  | 'engine_out_of_memory';

/** A fault of an engine. `engine_unsupported`: the program asks for something that this engine cannot compute. */
export class EngineError extends Error {
  /** What shows it, e.g. the sizes that did not fit. */
  readonly evidence: Record<string, unknown>;
  constructor(
    readonly code: EngineErrorCode,
    message: string,
    { evidence = {}, ...options }: ErrorOptions & { evidence?: Record<string, unknown> } = {},
  ) {
    super(message, options);
    this.name = 'EngineError';
    this.evidence = evidence;
  }
}
