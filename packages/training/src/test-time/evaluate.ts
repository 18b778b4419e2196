import type { GivenImages, SampleResults, Session, SplitView } from '../engine.js';
import { logSoftmax } from '../losses/definition.js';
import { evaluateLoss, evaluationLoss, outputsOf, type ResolvedLoss } from '../losses/index.js';
import type { TestTimeView } from './definition.js';
import { type Combination, createOutputMean } from './output-mean.js';

/** Images whose views are held at once. */
const CHUNK = 2048;

export interface ViewOptions {
  views: TestTimeView[];
  average: 'logits' | 'probabilities';
  classes: number;
  batchSize: number;
  signal?: AbortSignal | undefined;
}

/** Mean outputs [images × classes] over the views. `samples` are the numbers that the draws are keyed by. */
export async function viewLogits(
  session: Session,
  images: SplitView | GivenImages,
  samples: Int32Array,
  { views, average, classes, batchSize, signal }: ViewOptions,
): Promise<Float64Array> {
  const mean = createOutputMean(average, samples.length, classes);
  for (const { weight, draw } of views) {
    const logits = await session.logits(images, { augmentation: draw(samples), batchSize, signal });
    mean.add(logits, weight);
  }
  return mean.logits();
}

/** The results of a split as the engine gives them, for the mean over views. The loss is without label smoothing. */
export async function evaluateViews(
  session: Session,
  view: SplitView,
  labels: Uint16Array,
  options: ViewOptions & { loss: ResolvedLoss; topK: number },
): Promise<SampleResults> {
  const { split } = view;
  return resultsOf(view, labels, options, (samples) =>
    viewLogits(session, { split, indices: samples }, samples, options),
  );
}

/** One of several models that answer together; the weights of all sum to 1. */
export interface Member {
  session: Session;
  weight: number;
  views: TestTimeView[];
  /** Over its views. */
  average: 'logits' | 'probabilities';
}

/**
 * The results of a split for the combined outputs of the members. The loss is the cross-entropy of the combination: of
 * votes, with the share of a class for its probability.
 */
export async function evaluateMembers(
  members: Member[],
  view: SplitView,
  labels: Uint16Array,
  options: Omit<ViewOptions, 'views' | 'average'> & { combination: Combination; topK: number },
): Promise<SampleResults> {
  const { combination, classes, ...rest } = options;
  const { split } = view;
  const loss = { kind: 'cross-entropy', labelSmoothing: 0, classWeights: null } as const;
  return resultsOf(view, labels, { ...options, loss }, async (samples) => {
    const mean = createOutputMean(combination, samples.length, classes);
    for (const { session, weight, views, average } of members) {
      const settings = { views, average, classes, ...rest };
      mean.add(await viewLogits(session, { split, indices: samples }, samples, settings), weight);
    }
    return mean.logits();
  });
}

/** Losses and best classes of logits that are computed a few samples at a time. */
async function resultsOf(
  view: SplitView,
  labels: Uint16Array,
  { classes, topK, loss }: { classes: number; topK: number; loss: ResolvedLoss },
  logitsOf: (samples: Int32Array) => Promise<Float64Array>,
): Promise<SampleResults> {
  const count = labels.length;
  const indices = view.indices ?? Int32Array.from(labels, (_, i) => i);
  const results = {
    losses: new Float32Array(count),
    ranked: new Uint16Array(count * topK),
    probabilities: new Float32Array(count * topK),
  };
  for (let begin = 0; begin < count; begin += CHUNK) {
    const samples = indices.slice(begin, begin + CHUNK);
    const logits = await logitsOf(samples);
    for (let i = 0; i < samples.length; i++) {
      const at = begin + i;
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const best = rank(row, topK);
      results.losses[at] = lossOf(loss, row, labels[at] as number);
      results.ranked.set(best.classes, at * topK);
      results.probabilities.set(best.probabilities, at * topK);
    }
  }
  return { count, topK, ...results };
}

const lossOf = (loss: ResolvedLoss, logits: Float64Array, label: number): number =>
  evaluateLoss(evaluationLoss(loss), outputsOf(loss.kind, logits), label).value;

/** The k most probable classes, best first; ties go to the lower index. */
export function rank(logits: Float64Array, k: number): { classes: number[]; probabilities: number[] } {
  const logs = logSoftmax(logits);
  const classes = Array.from(logs.keys())
    .sort((a, b) => (logs[b] as number) - (logs[a] as number) || a - b)
    .slice(0, k);
  return { classes, probabilities: classes.map((c) => Math.exp(logs[c] as number)) };
}
