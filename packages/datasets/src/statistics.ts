/** Mean and standard deviation of pixels per channel, exact: computed from a histogram of the 256 values. */
export interface PixelStatistics {
  /** Interleaved pixels (HWC). */
  add(pixels: Uint8Array): void;
  /** On pixels in [0, 1], over all images; the deviation of the population. A constant channel gives 1, so that x − mean can be divided by it. */
  result(): { mean: number[]; standardDeviation: number[] };
}

export function createPixelStatistics(channels: 1 | 3): PixelStatistics {
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  return {
    add(pixels) {
      counts.forEach((count, channel) => {
        for (let i = channel; i < pixels.length; i += channels) count[pixels[i]!]! += 1;
      });
    },
    result() {
      const moments = counts.map(momentsOf);
      return {
        mean: moments.map(({ mean }) => mean),
        standardDeviation: moments.map(({ deviation }) => deviation || 1),
      };
    },
  };
}

function momentsOf(counts: Float64Array): { mean: number; deviation: number } {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = counts.reduce((sum, count, value) => sum + count * value, 0) / total;
  const variance = counts.reduce((sum, count, value) => sum + count * (value - mean) ** 2, 0) / total;
  return { mean: mean / 255, deviation: Math.sqrt(variance) / 255 };
}
