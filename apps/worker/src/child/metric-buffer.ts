/** Points of metrics as columns, collected until they are taken. */
export interface MetricBuffer {
  readonly size: number;
  add(name: string, step: number, value: number): void;
  /** One value for each of the consecutive steps from `firstStep`. */
  addSteps(name: string, firstStep: number, values: readonly number[]): void;
  /** All points so far, in the order in which they came; the buffer is empty afterwards. */
  take(): { names: string[]; steps: number[]; values: Float64Array<ArrayBuffer> };
}

export function createMetricBuffer(): MetricBuffer {
  let names: string[] = [];
  let steps: number[] = [];
  let values: number[] = [];
  const add = (name: string, step: number, value: number): void => {
    names.push(name);
    steps.push(step);
    values.push(value);
  };
  return {
    get size() {
      return names.length;
    },
    add,
    addSteps(name, firstStep, points) {
      for (const [i, value] of points.entries()) add(name, firstStep + i, value);
    },
    take() {
      const taken = { names, steps, values: Float64Array.from(values) };
      names = [];
      steps = [];
      values = [];
      return taken;
    },
  };
}
