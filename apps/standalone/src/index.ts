export { type Config, ConfigError, readConfig } from './config.js';
export { type Service, startService } from './service.js';
