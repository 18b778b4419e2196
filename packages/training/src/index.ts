export * from './algebra.js';
export * from './engine.js';
export * from './optimizers/index.js';
export * from './program.js';
export * from './random.js';
export * from './spec-error.js';
