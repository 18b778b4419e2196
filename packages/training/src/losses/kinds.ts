// Every loss: one line each.
export { binaryCrossEntropy } from './binary-cross-entropy.js';
export { crossEntropy } from './cross-entropy.js';
export { focal } from './focal.js';
export { mse } from './mse.js';
export { mseOutputs } from './mse-outputs.js';
