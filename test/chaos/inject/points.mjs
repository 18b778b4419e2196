// The durable steps of the service, as the patches see them. Nothing of this is known to the product.

/** Statements by their text: `transaction` ones are seen before, inside (not yet committed) and after the commit. */
export const statements = [
  { label: 'idempotency-key', processes: ['api'], text: /^\s*insert into idempotency_keys/ },
  { label: 'idempotency-answer', processes: ['api'], text: /^update idempotency_keys set status/ },
  {
    label: 'dataset-insert',
    processes: ['api'],
    text: /^insert into datasets /,
    transaction: true,
  },
  { label: 'job-insert', processes: ['api'], text: /^\s*insert into jobs /, transaction: true },
  {
    label: 'cancel',
    processes: ['api'],
    text: /^update jobs set status = \$2/,
    parameter: /^cancel(ling|led)$/,
    transaction: true,
  },
  {
    label: 'pause',
    processes: ['api'],
    text: /^update jobs set status = \$2/,
    parameter: /^paus(ing|ed)$/,
    transaction: true,
  },
  {
    label: 'resume',
    processes: ['api'],
    text: /^update jobs set status = \$2/,
    parameter: /^(queued|running)$/,
    transaction: true,
  },
  {
    label: 'prediction-insert',
    processes: ['api'],
    text: /^\s*insert into predictions /,
    transaction: true,
  },
  { label: 'heartbeat', processes: ['worker'], text: /^update workers set heartbeat_at/ },
  {
    label: 'ingest-claim',
    processes: ['worker'],
    text: /^update datasets set ingest_attempt = ingest_attempt/,
  },
  {
    label: 'ingest-finish',
    processes: ['worker'],
    text: /^update datasets set status = \$3/,
    transaction: true,
  },
  { label: 'claim', processes: ['worker'], text: /^update jobs set attempt = /, transaction: true },
  { label: 'started', processes: ['worker'], text: /^update jobs set engine = /, transaction: true },
  {
    label: 'resumed',
    processes: ['worker'],
    text: /^update job_attempts set resumed_from/,
    transaction: true,
  },
  { label: 'truncate', processes: ['worker'], text: /^delete from metrics /, transaction: true },
  {
    label: 'metrics',
    processes: ['worker'],
    text: /^\s*with counted[\s\S]*insert into metrics/,
    transaction: true,
  },
  { label: 'progress', processes: ['worker'], text: /^update jobs set progress = / },
  { label: 'checkpoint', processes: ['worker'], text: /^insert into checkpoints /, transaction: true },
  { label: 'best', processes: ['worker'], text: /^update jobs set best = / },
  { label: 'evaluation', processes: ['worker'], text: /^insert into evaluations /, transaction: true },
  { label: 'artifact', processes: ['worker'], text: /^insert into artifacts /, transaction: true },
  {
    label: 'finish',
    processes: ['worker'],
    text: /^update jobs set status = \$2/,
    parameter: /^(succeeded|failed|cancelled)$/,
    transaction: true,
  },
  {
    label: 'hand-back',
    processes: ['worker'],
    text: /^update jobs set status = \$2/,
    parameter: /^queued$/,
    transaction: true,
  },
  {
    label: 'prediction-claim',
    processes: ['worker'],
    text: /^update predictions set status = 'running'/,
  },
  { label: 'prediction-finish', processes: ['worker'], text: /^update predictions set status = 'done'/ },
];

/** Files by their path: a temporary file is flushed, renamed to its name, and the folder of that is flushed. */
export const files = [
  {
    label: 'blob',
    processes: ['api', 'worker'],
    temporary: /\/storage\/incoming\//,
    path: /\/storage\/blobs\/../,
    folder: /\/storage\/blobs\/..$/,
  },
  {
    label: 'dataset-copy',
    processes: ['worker'],
    temporary: /\/worker\/cache\/.*\.part$/,
    path: /\/worker\/cache\//,
    folder: /\/worker\/cache$/,
  },
  {
    label: 'resume-copy',
    processes: ['worker'],
    temporary: /\/worker\/work\/.*\.part$/,
    path: /resume\.safetensors$/,
    folder: /\/worker\/work\/.*\/job-/,
  },
];

/** Files that the training process leaves for its parent. */
export const written = [
  { label: 'checkpoint-file', processes: ['child'], path: /\.safetensors$/ },
  { label: 'artifact-file', processes: ['child'], path: /\/(evaluation|recipe)\.json$|\/predictions\.csv$/ },
];

/** Messages of the training process to its parent, by their type. */
export const messages = [
  'ready',
  'metrics',
  'events',
  'checkpoint',
  'evaluation',
  'artifact',
  'finished',
  'stopped',
];

/** Points where a connection can break, so that nobody knows whether the server has done the work. */
export const cuttable = [
  ...statements.flatMap(({ label, processes, transaction }) =>
    stagesOf(processes, label, transaction ? ['before', 'inside', 'after'] : ['before', 'after']),
  ),
  ...stagesOf(['api'], 'enqueue', ['before', 'after']),
];

/** Every named point: `process:label:stage`. */
export const points = [
  ...cuttable,
  ...files.flatMap(({ label, processes }) =>
    stagesOf(processes, label, ['opened', 'flushed', 'renamed', 'settled']),
  ),
  'worker:blob:deleted',
  ...written.flatMap(({ label, processes }) => stagesOf(processes, label, ['before', 'after'])),
  'child:start:received',
  ...messages.flatMap((type) => stagesOf(['child'], `send-${type}`, ['before', 'after'])),
];

function stagesOf(processes, label, stages) {
  return processes.flatMap((process) => stages.map((stage) => `${process}:${label}:${stage}`));
}
