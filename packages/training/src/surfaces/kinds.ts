// Every error surface: one line each.
export { beale } from './beale.js';
export { crossEntropySoftmax } from './cross-entropy-softmax.js';
export { lectureRegression } from './lecture-regression.js';
export { mseSoftmax } from './mse-softmax.js';
export { quadratic } from './quadratic.js';
export { rastrigin } from './rastrigin.js';
export { rosenbrock } from './rosenbrock.js';
export { saddle } from './saddle.js';
