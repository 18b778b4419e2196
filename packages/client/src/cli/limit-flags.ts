import type { CommandSet } from './context.js';
import { integerValue, numberValue } from './option-values.js';

/** What a job may be told besides its recipe: when to end, and which checkpoints to leave. */
export interface LimitFlags {
  maxMinutes?: number;
  maxSteps?: number;
  checkpointSteps?: number;
  checkpointSeconds?: number | 'none';
  keepLast?: number;
}

type Command = ReturnType<CommandSet['add']>;

export const withLimits = (command: Command): Command =>
  command
    .option('--max-minutes <minutes>', 'end the training of a job after that', numberValue)
    .option('--max-steps <count>', 'end the training of a job after so many steps', integerValue)
    .option('--checkpoint-steps <count>', 'take a checkpoint after every so many steps', integerValue)
    .option(
      '--checkpoint-seconds <seconds>',
      'take one so long after the one before, or none (default 60)',
      (text: string) => (text === 'none' ? text : numberValue(text)),
    )
    .option('--keep-last <count>', 'keep so many of the newest checkpoints (default 2)', integerValue);

/** Fields of the request's body; those without a flag are left out. */
export function limitsOf(flags: LimitFlags): Record<string, unknown> {
  const { maxMinutes, maxSteps, checkpointSteps: everySteps, checkpointSeconds, keepLast } = flags;
  const everySeconds = checkpointSeconds === 'none' ? null : checkpointSeconds;
  const checkpoints = given({ everySteps, everySeconds, keepLast });
  const any = Object.keys(checkpoints).length > 0;
  return given({ maxMinutes, maxSteps, checkpoints: any ? checkpoints : undefined });
}

const given = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
