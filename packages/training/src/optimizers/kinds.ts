// Every optimizer: one line each.
export { adagrad } from './adagrad.js';
export { adam } from './adam.js';
export { radam } from './radam.js';
export { rmsprop } from './rmsprop.js';
export { sgd } from './sgd.js';
