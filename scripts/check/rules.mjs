/** DESIGN §2: who may import whom. What is not listed is forbidden. */
export const allowed = {
  training: [],
  search: [],
  contracts: ['search', 'training'],
  database: ['contracts'],
  queue: ['contracts'],
  storage: ['contracts'],
  datasets: ['contracts', 'training'],
  'engine-torch': ['training'],
  'engine-tfjs': ['training'],
  // training: the generated shapes dataset draws from its counter-based generator (docs/decisions).
  client: ['contracts', 'training'],
  api: ['contracts', 'database', 'queue', 'storage'],
  worker: [
    'contracts',
    'database',
    'queue',
    'storage',
    'datasets',
    'training',
    'search',
    'engine-torch',
    'engine-tfjs',
  ],
  dashboard: ['client', 'contracts', 'training'],
  standalone: ['api', 'worker', 'database', 'queue', 'storage'],
};

/** Packages that also run in a browser: no Node modules, no `Buffer` or `process`. */
export const browser = ['training', 'search', 'contracts'];
