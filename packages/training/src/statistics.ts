/** Mean and spread of a few numbers that were measured alike. */
export interface Statistics {
  count: number;
  mean: number;
  /** With n − 1 in the denominator; null for a single number. */
  standardDeviation: number | null;
  /** Student's t interval of the mean; null for a single number. */
  interval: { level: number; lower: number; upper: number } | null;
}

/** `values`: at least one finite number. `level`: how often such an interval holds the true mean, e.g. 0.95. */
export function statisticsOf(values: number[], level = 0.95): Statistics {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { count, mean, standardDeviation: null, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardDeviation = Math.sqrt(squares / (count - 1));
  const half = (studentQuantile((1 + level) / 2, count - 1) * standardDeviation) / Math.sqrt(count);
  return { count, mean, standardDeviation, interval: { level, lower: mean - half, upper: mean + half } };
}

/** The t that a Student variable stays below with this probability (½ … 1, exclusive of 1); by bisection of the distribution. */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  let [low, high] = [0, 1];
  while (studentBelow(high, degreesOfFreedom) < probability) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2;
    if (studentBelow(middle, degreesOfFreedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Probability that a Student variable with a whole number of degrees of freedom is below t ≥ 0: the finite sums of
 * Abramowitz and Stegun 26.7.3 and 26.7.4.
 */
function studentBelow(t: number, degreesOfFreedom: number): number {
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degreesOfFreedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degreesOfFreedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degreesOfFreedom; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  const within = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return (1 + within) / 2;
}
