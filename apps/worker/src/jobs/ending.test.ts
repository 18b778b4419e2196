import { describe, expect, it } from 'vitest';
import { type ChildExit, UNSTARTED } from '../child/exit.js';
import { endingOf, type LastWord, type RunResult } from './ending.js';

const clean: ChildExit = { ...UNSTARTED, code: 0 };
const crashed: ChildExit = { ...clean, code: null, signal: 'SIGBUS', stderr: ['bus error'] };
const killed: ChildExit = { ...clean, code: null, signal: 'SIGKILL' };
const finished: LastWord = {
  type: 'finished',
  stopReason: 'completed',
  testAccuracy: 0.9,
  trainSeconds: 1,
  peakMemoryBytes: 1,
};
const away = Object.assign(new Error('away'), { retryable: true });
const failure = { code: 'x', message: 'x', step: 3, retryable: false, evidence: {} };
const run = (result: Partial<RunResult>) =>
  endingOf({ interruption: null, lastWord: null, exit: clean, step: 7, ...result });

describe('endingOf', () => {
  it('succeeds when the process finished, even if a cancellation came too late', () => {
    expect(run({ lastWord: finished })).toEqual({ kind: 'succeeded', result: finished });
    expect(run({ lastWord: finished, interruption: { kind: 'cancel', now: false } }).kind).toBe('succeeded');
    expect(run({ lastWord: finished, interruption: { kind: 'hand-back' } }).kind).toBe('succeeded');
  });

  it('is cancelled after a stop and after a kill', () => {
    expect(
      run({ interruption: { kind: 'cancel', now: false }, lastWord: { type: 'stopped', step: 4 } }).kind,
    ).toBe('cancelled');
    expect(run({ interruption: { kind: 'cancel', now: false }, exit: killed }).kind).toBe('cancelled');
  });

  it('hands back at shutdown, also when the process had to be killed', () => {
    expect(run({ interruption: { kind: 'hand-back' }, exit: killed }).kind).toBe('handed-back');
  });

  it('keeps the failure that the process told during a shutdown', () => {
    const lastWord: LastWord = { type: 'failed', failure: { class: 'non_finite', ...failure } };
    expect(run({ interruption: { kind: 'hand-back' }, lastWord }).kind).toBe('failed');
  });

  it('goes back to the queue when the system gave no process', () => {
    const exit = { ...UNSTARTED, stderr: ['Error: spawn EAGAIN'] };
    expect(run({ exit, step: null })).toMatchObject({
      kind: 'handed-back',
      failure: {
        class: 'infrastructure',
        code: 'process_not_started',
        message: expect.stringContaining('EAGAIN'),
      },
    });
  });

  it('writes nothing when the attempt is stale', () => {
    expect(run({ interruption: { kind: 'stale' }, lastWord: finished })).toEqual({ kind: 'abandoned' });
  });

  it('retries faults of the infrastructure, and no others', () => {
    expect(run({ interruption: { kind: 'unwritable', error: away } }).kind).toBe('handed-back');
    expect(run({ interruption: { kind: 'unwritable', error: new Error('a bug') } }).kind).toBe('failed');
    expect(run({ lastWord: { type: 'failed', failure: { class: 'infrastructure', ...failure } } }).kind).toBe(
      'handed-back',
    );
    expect(run({ lastWord: { type: 'failed', failure: { class: 'config', ...failure } } }).kind).toBe(
      'failed',
    );
  });

  it('tells the signal, the last step and the last output of a process that vanished', () => {
    expect(run({ exit: crashed })).toMatchObject({
      kind: 'failed',
      failure: {
        class: 'internal',
        code: 'engine_crashed',
        message: 'the training process was ended by signal SIGBUS; its last output: bus error',
        step: 7,
        evidence: { signal: 'SIGBUS', stderr: ['bus error'] },
      },
    });
    expect(run({ exit: { ...killed, outOfMemory: true } })).toMatchObject({
      failure: { class: 'out_of_memory' },
    });
  });

  it('goes on elsewhere when somebody else killed the process, but not when the worker did', () => {
    expect(run({ exit: { ...killed, killed: true } })).toMatchObject({
      kind: 'handed-back',
      failure: { class: 'infrastructure', code: 'process_killed', step: 7 },
    });
    expect(run({ exit: { ...killed, frozen: true } })).toMatchObject({
      kind: 'handed-back',
      failure: { class: 'infrastructure', code: 'process_frozen', step: 7 },
    });
    expect(run({ exit: killed })).toMatchObject({ kind: 'failed', failure: { code: 'engine_crashed' } });
  });
});
