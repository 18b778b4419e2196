import { expect, test } from 'vitest';
import { UNSTARTED } from '../child/exit.js';
import type { ChildOptions } from '../child/host.js';
import type { FromChild, TrainStart } from '../child/protocol.js';
import type { Standby } from '../child/standby.js';
import { createInterruptions } from './interruption.js';
import type { Limits } from './limits.js';
import { superviseRun } from './supervise.js';

/** A training process that says what it is told to say and ends when it is killed or stopped. */
function scripted() {
  const done: string[] = [];
  let say: ChildOptions<'train'>['onMessage'] = () => {};
  let end = (): void => {};
  const exited = new Promise<void>((resolve) => {
    end = resolve;
  }).then(() => ({ ...UNSTARTED, code: 0 }));
  const child = {
    processId: 1,
    send: ({ type }: { type: string }) => {
      done.push(type);
      if (type === 'stop') end();
    },
    kill: () => {
      done.push('kill');
      end();
    },
    exited,
  };
  const take: Standby['take'] = ({ onMessage }) => {
    say = onMessage;
    return child;
  };
  return { done, standby: { take } as Standby, say: (message: FromChild<'train'>) => say(message) };
}

const ready = { type: 'ready', sequence: 1, parameterCount: 1, resumedAt: null } as const;

test.each([
  ['that still reads its dataset is ended at once', [], ['start', 'kill']],
  ['that trains is asked to stop', [ready], ['start', 'stop']],
])('a process %s', async (_, said, expected) => {
  const { done, standby, say } = scripted();
  const interruptions = createInterruptions();
  const running = superviseRun({
    start: { type: 'start' } as TrainStart,
    standby,
    interruptions,
    limits: { listen: () => () => {} } as unknown as Limits,
    record: () => {},
    onLine: () => {},
  });
  said.forEach(say);
  interruptions.raise({ kind: 'cancel', now: false });
  await running;
  expect(done).toEqual(expected);
});
