import type { Checkpoint, Failure } from '@ravine/contracts';
import type { StorageError } from '@ravine/storage';
import { type ChildExit, describeExit, neverBegan } from '../child/exit.js';
import { isDiskBroken, isDiskFull, isTransient } from '../transient.js';

/** What an error of the worker's own work means for the job. */
export const failureOfFault = (error: unknown): Failure =>
  isTransient(error) ? infrastructureFailure(error) : internalFailure(error);

/** The database or the storage is away or full: the job goes on from its last checkpoint once they are back. */
function infrastructureFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const disk = isDiskFull(error) ? 'storage_full' : isDiskBroken(error) ? 'disk_failed' : null;
  const code = disk ?? 'service_unavailable';
  return { class: 'infrastructure', code, message, step: null, retryable: true, evidence: {} };
}

/** A dataset blob is missing or damaged. */
export function datasetFailure(error: StorageError): Failure {
  return {
    class: 'data',
    code: error.code === 'corrupt' ? 'dataset_corrupt' : 'dataset_missing',
    message: `the packed dataset cannot be read: ${error.message}. Upload the dataset again and submit the job on the new one`,
    step: null,
    retryable: false,
    evidence: {},
  };
}

/** The checkpoint that a fork begins with is missing or damaged in storage. */
export const forkFailure = ({ id, jobId }: Checkpoint): Failure => ({
  class: 'data',
  code: 'checkpoint_corrupt',
  message: `the checkpoint ${id} of ${jobId}, with which this job begins, is missing or damaged in storage. Fork another checkpoint of that job`,
  step: null,
  retryable: false,
  evidence: { checkpointId: id },
});

export function engineUnavailable(message: string): Failure {
  return { class: 'config', code: 'engine_unavailable', message, step: null, retryable: false, evidence: {} };
}

function internalFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const evidence = { stack: error instanceof Error ? error.stack : undefined };
  return { class: 'internal', code: 'internal', message, step: null, retryable: true, evidence };
}

/** The training process ended without saying why. */
export function exitFailure(exit: ChildExit, step: number | null): Failure {
  const evidence = { exitCode: exit.code, signal: exit.signal, stderr: exit.stderr };
  if (exit.outOfMemory) {
    const message =
      'the training process was ended because memory ran out: use a smaller batchSize, a smaller network or image size, or a machine with more memory';
    return { class: 'out_of_memory', code: 'out_of_memory', message, step, retryable: false, evidence };
  }
  if (exit.frozen) {
    const message =
      'the training process gave no sign of life for 5 minutes and was ended: somebody had stopped it (SIGSTOP), or the machine is short of memory or of processor time';
    return { class: 'infrastructure', code: 'process_frozen', message, step, retryable: true, evidence };
  }
  if (exit.killed) {
    const message =
      'the training process was ended from outside by SIGKILL: by a person, an init system or a memory limit that the worker cannot read';
    return { class: 'infrastructure', code: 'process_killed', message, step, retryable: true, evidence };
  }
  const lastLine = exit.stderr.at(-1);
  if (neverBegan(exit)) {
    const message = `the training process could not be started: ${lastLine ?? 'the system gave no reason'}. The machine is short of processes, open files or memory`;
    return { class: 'infrastructure', code: 'process_not_started', message, step, retryable: true, evidence };
  }
  return {
    class: 'internal',
    code: 'engine_crashed',
    message: `the training process ${describeExit(exit)}${lastLine ? `; its last output: ${lastLine}` : ''}`,
    step,
    retryable: true,
    evidence,
  };
}
