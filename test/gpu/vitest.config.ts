import { defineConfig } from 'vitest/config';
import { childEnvironment } from '../../packages/engine-torch/src/environment.js';

export default defineConfig({ test: { env: { ...childEnvironment(2), RAVINE_TEST_DEVICE: 'cuda' } } });
