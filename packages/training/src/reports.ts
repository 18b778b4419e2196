import type { CheckpointMetadata } from './checkpoint.js';
import type { SampleResults } from './engine.js';
import type { Evaluation } from './evaluation.js';
import type { TrainingFailure } from './outcome.js';

export type TrainingPhase = 'preparing' | 'training' | 'validating' | 'evaluating';

export interface TrainingProgress {
  /** Epoch that runs, from 1. */
  epoch: number;
  epochs: number;
  /** Steps done. */
  step: number;
  totalSteps: number;
  loss: number | null;
  learningRate: number | null;
  /** Training images per second in the last second or so, validation not counted. */
  imagesPerSecond: number | null;
  etaSeconds: number | null;
}

/** What a run says while it goes. Each is given to `report` and awaited before the run goes on. */
export type TrainingReport =
  | { type: 'phase'; phase: TrainingPhase }
  /** Consecutive steps; step i of the arrays is step `firstStep + i` of the run, counted from 1. */
  | {
      type: 'steps';
      firstStep: number;
      losses: number[];
      learningRates: number[];
      gradientNorms: number[];
    }
  | { type: 'progress'; progress: TrainingProgress }
  /** End of an epoch; train metrics are weighted by sample and measured while the weights change. */
  | {
      type: 'epoch';
      /** From 1. */
      epoch: number;
      /** Steps done. */
      step: number;
      trainLoss: number;
      trainAccuracy: number;
      validationLoss: number;
      validationAccuracy: number;
      /** Whether this is the best epoch so far. */
      best: boolean;
      /** What is wrong with losses that are finite, for a person; null where nothing is. */
      divergence: string | null;
      seconds: number;
      /** Training images per second, validation not counted; null where the clock did not move. */
      imagesPerSecond: number | null;
    }
  /** `parts` follow each other in a safetensors file; see checkpoint.ts. They are views of arrays that the run still needs. */
  | { type: 'checkpoint'; metadata: CheckpointMetadata; parts: Uint8Array[] }
  /** The run goes back: what was reported of later steps than `step` did not happen. */
  | {
      type: 'rollback';
      /** Steps done, after the return. */
      step: number;
      failure: TrainingFailure;
      /** How many times by now, and at most. */
      rollbacks: number;
      maxRollbacks: number;
      /** What every learning rate is multiplied by from here on. */
      learningRateFactor: number;
    }
  /** Of the best weights on the test split (validation where there is none); `labels` are those of the samples in `results`. */
  | {
      type: 'evaluation';
      evaluation: Evaluation;
      seconds: number;
      results: SampleResults;
      labels: Uint16Array;
    };

export type Report = (report: TrainingReport) => void | Promise<void>;
