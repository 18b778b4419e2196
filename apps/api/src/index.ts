export { buildApp } from './app.js';
export { type ApiConfig, ConfigError, parseConfig } from './config.js';
export { createOpenApi } from './http/openapi.js';
export { defaultLimits, type Limits, type Parts } from './parts.js';
export { createLog, type RunningApi, startApi } from './start.js';
