export { migrate } from './migrate/migrate.js';
