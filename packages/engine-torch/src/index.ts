export { childEnvironment } from './environment.js';
export { loadTorchEngine, type TorchEngine } from './load.js';
