import type { GivenImages, SampleResults, Session, SplitView } from '../engine.js';
import { logSoftmax } from '../losses/definition.js';
import { evaluateLoss, evaluationLoss, outputsOf, type ResolvedLoss } from '../losses/index.js';
import type { TestTimeView } from './definition.js';
import { createOutputMean } from './output-mean.js';

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
  const { classes, topK, loss } = options;
  const count = labels.length;
  const indices = view.indices ?? Int32Array.from(labels, (_, i) => i);
  const results = {
    losses: new Float32Array(count),
    ranked: new Uint16Array(count * topK),
    probabilities: new Float32Array(count * topK),
  };
  for (let begin = 0; begin < count; begin += CHUNK) {
    const samples = indices.slice(begin, begin + CHUNK);
    const logits = await viewLogits(session, { split: view.split, indices: samples }, samples, options);
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
