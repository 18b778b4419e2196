export { CHILD_ARGUMENTS, childEnvironment } from './environment.js';
export { loadTorchEngine, type TorchEngine } from './load.js';
