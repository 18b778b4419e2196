import type { SampleResults } from '@ravine/training';

const HEADER = 'index,label,class,predicted,predictedClass,probability,loss,correct';

/** One line per sample of the evaluated split: its label, the answer, the answer's probability and the loss. */
export function predictionsCsv(
  { count, topK, ranked, probabilities, losses }: SampleResults,
  labels: ArrayLike<number>,
  classes: readonly string[],
): string {
  const names = classes.map(csvField);
  const lines = [HEADER];
  for (let i = 0; i < count; i++) {
    const label = labels[i] ?? 0;
    const predicted = ranked[i * topK] ?? 0;
    const numbers = `${probabilities[i * topK]},${losses[i]}`;
    lines.push(
      `${i},${label},${names[label]},${predicted},${names[predicted]},${numbers},${label === predicted}`,
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** RFC 4180; class names come from strangers, so what a spreadsheet would run as a formula is quoted with an apostrophe. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
