import type { ChildOptions } from '../child/host.js';
import type { FromChild, TrainStart } from '../child/protocol.js';
import type { Standby } from '../child/standby.js';
import type { LastWord, RunResult } from './ending.js';
import { graceMsOf, type Interruptions } from './interruption.js';
import type { Limits } from './limits.js';

/** A message whose content the parent keeps. */
export type Report = Exclude<FromChild<'train'>, LastWord>;

export interface SuperviseOptions {
  start: TrainStart;
  standby: Standby;
  interruptions: Interruptions;
  limits: Limits;
  /** Stores what a report says, later; `acknowledge` is to be called when it is stored. */
  record: (report: Report, acknowledge: () => void) => void;
  onLine: ChildOptions<'train'>['onLine'];
}

/** Runs the training process of a job to its end, whatever that is. Never rejects because of what the child does. */
export async function superviseRun(options: SuperviseOptions): Promise<RunResult> {
  const { start, interruptions, limits, record } = options;
  let lastWord: LastWord | null = null;
  let step: number | null = null;
  let ready = false;
  const child = options.standby.take({
    onLine: options.onLine,
    onMessage: (message) => {
      if (isLastWord(message)) {
        lastWord = message;
        return;
      }
      if (message.type === 'ready') ready = true;
      if (message.type === 'progress') step = message.progress.step;
      record(message, () => {
        if ('sequence' in message) child.send({ type: 'acknowledge', sequence: message.sequence });
      });
    },
  });
  child.send(start);

  const killTimers: NodeJS.Timeout[] = [];
  const ignore = interruptions.listen((interruption) => {
    if (!ready) return child.kill(); // it still reads its dataset: nothing is computed that could be kept
    child.send({ type: 'stop' });
    killTimers.push(setTimeout(child.kill, graceMsOf(interruption)));
  });
  const ignoreLimits = limits.listen((changed) => child.send({ type: 'limits', ...changed }));
  const exit = await child.exited;
  ignore();
  ignoreLimits();
  killTimers.forEach(clearTimeout);
  return { interruption: interruptions.current, lastWord, exit, step };
}

const isLastWord = (message: FromChild<'train'>): message is LastWord =>
  message.type === 'finished' ||
  message.type === 'stopped' ||
  message.type === 'unusable' ||
  message.type === 'failed';
