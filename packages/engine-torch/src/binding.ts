/** The exact type of the native addon (`native/node/`). It checks nothing: only `engine.ts` and `session.ts` call it. */
import type {
  AugmentationDraws,
  DeviceInfo,
  PackedDataset,
  Program,
  SlotArray,
  StepPlan,
} from '@ravine/training';

/** Rejections of every promise here are Errors whose `code` is an EngineErrorCode. */
export interface NativeSession {
  /** Allocates the network; before every other call. */
  build(): Promise<void>;
  /** Stops at the next step once `stop[0]` is not 0. `progress` is called at most every 100 ms. */
  train(
    plan: StepPlan,
    stop: Int32Array,
    progress: (stepsDone: number, loss: number) => void,
  ): Promise<NativeStepStats>;
  /** Forward passes as in training, which only running statistics follow; stops as `train` does. */
  evaluate(request: NativeEvaluation, stop: Int32Array): Promise<NativeSampleResults>;
  logits(request: NativeLogitsRequest, stop: Int32Array): Promise<{ values: Float64Array; stopped: boolean }>;
  predict(images: Uint8Array, count: number): Promise<Float32Array>;
  state(): Promise<NativeTensor[]>;
  /** Arrays in OIHW order: Float64Array for fp64 programs, else Float32Array. */
  restore(arrays: Record<string, Float32Array | Float64Array>): Promise<void>;
  /** Frees the network; no call may follow. */
  close(): Promise<void>;
  /** Waits, without the event loop, until nothing runs any more; promises stay pending. For the end of the process. */
  abandon(): void;
}

export interface NativeTensor {
  name: string;
  shape: number[];
  data: Float32Array | Float64Array;
}

export interface NativeStepStats {
  losses: Float64Array;
  correct: Int32Array;
  gradientNorms: Float64Array;
  /** What was not finite in the last step, whose update was not applied. */
  nonFinite: 'loss' | 'gradient' | null;
}

export interface NativeEvaluation {
  split: string;
  indices: Int32Array | null;
  count: number;
  topK: number;
  batchSize: number;
}

export interface NativeLogitsRequest {
  /** Empty: `images` are meant. */
  split: string;
  images: Uint8Array | null;
  indices: Int32Array | null;
  count: number;
  batchSize: number;
  augmentation: AugmentationDraws[];
}

export interface NativeSampleResults {
  losses: Float32Array;
  ranked: Uint16Array;
  probabilities: Float32Array;
  /** Ended early because of `stop`. */
  stopped: boolean;
}

export interface NativeBinding {
  describe(): { libraries: Record<string, string>; devices: DeviceInfo[] };
  /**
   * `slots`: every array that the optimizer keeps, in the order of the parameters. `momentumOption`: the optimizer's
   * option that `momenta` of a plan set; null where it has none.
   */
  Session: new (
    program: Program,
    slots: (SlotArray & { parameter: string })[],
    data: PackedDataset,
    options: { device: string; threads: number; momentumOption: string | null },
  ) => NativeSession;
}
