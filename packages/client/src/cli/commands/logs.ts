import { LogLevel, type LogLine } from '@ravine/contracts';
import { Option } from 'commander';
import type { QueryOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { exitCode } from '../exit-code.js';
import { integerValue } from '../option-values.js';

interface LogsFlags extends Pick<QueryOf<'listLogs'>, 'after' | 'tail' | 'level'> {
  follow?: boolean;
}

/** What one request asks for. */
const PART = 1000;

export function addLogsCommand(set: CommandSet): void {
  set
    .add('logs <job>', 'the log of a job: its events, its worker, and what its training process prints', logs)
    .option(
      '-f, --follow',
      'go on until the job has ended, and end with 1 unless it succeeded; --json prints one line of JSON per line',
    )
    .addOption(new Option('--level <level>', 'only lines at least this urgent').choices(LogLevel.options))
    .option('--tail <count>', 'begin with the last so many lines', integerValue)
    .option('--after <sequence>', 'only later lines', integerValue);
}

async function logs(context: Context, jobId: string, { follow, ...wish }: LogsFlags) {
  const { client, io, signal, json } = context;
  if (follow) {
    const onDropped = (lines: number): void => tellDropped(context, lines);
    for await (const line of client.jobs.followLogs(jobId, { ...wish, onDropped, signal }))
      io.out(json ? `${JSON.stringify(line)}\n` : `${textOf(line)}\n`);
    const { status } = await client.jobs.get(jobId, context);
    return status === 'succeeded' ? exitCode.ok : exitCode.failed;
  }
  let part = await client.jobs.logs(jobId, { ...wish, limit: PART }, context);
  tellDropped(context, part.dropped);
  const all = [...part.data];
  while (part.data.length === PART) {
    const next = { level: wish.level, after: part.lastSequence, limit: PART };
    part = await client.jobs.logs(jobId, next, context);
    all.push(...part.data);
  }
  if (json || all.length > 0) context.print({ ...part, data: all }, () => all.map(textOf).join('\n'));
  return exitCode.ok;
}

function tellDropped({ io }: Context, lines: number): void {
  if (lines > 0) io.err(`${lines} lines of this job were dropped: its log has reached its size\n`);
}

const textOf = ({ at, level, source, message }: LogLine): string =>
  `${at}  ${level.padEnd(7)}  ${source.padEnd(8)}  ${message}`;
