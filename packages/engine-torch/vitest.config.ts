import { defineConfig } from 'vitest/config';
import { childEnvironment } from './src/environment.js';

// OpenMP reads its variables when the addon is loaded. Test files run side by side: threads that wait must not spin.
export default defineConfig({ test: { env: childEnvironment(2) } });
