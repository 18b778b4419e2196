// Every schedule: one line each. Only `product`, which is made of these, is added in segment.ts.
export { constant } from './constant.js';
export { cosine } from './cosine.js';
export { cosineRestarts } from './cosine-restarts.js';
export { cyclical } from './cyclical.js';
export { exponential } from './exponential.js';
export { inverseSquareRoot } from './inverse-square-root.js';
export { inverseTime } from './inverse-time.js';
export { linear } from './linear.js';
export { multiStep } from './multi-step.js';
export { oneCycle } from './one-cycle.js';
export { polynomial } from './polynomial.js';
export { reduceOnPlateau } from './reduce-on-plateau.js';
export { step } from './step.js';
export { transformer } from './transformer.js';
export { trapezoid } from './trapezoid.js';
export { warmup } from './warmup.js';
export { warmupUntil } from './warmup-until.js';
