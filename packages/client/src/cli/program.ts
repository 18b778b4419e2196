import { Command, CommanderError } from 'commander';
import { addDatasetCommands } from './commands/datasets.js';
import { addForkCommand } from './commands/fork.js';
import { addGroupCommands } from './commands/groups.js';
import { addArtifactCommands, addCheckpointCommands, addJobDataCommands } from './commands/job-data.js';
import { addJobCommands } from './commands/jobs.js';
import { addLogsCommand } from './commands/logs.js';
import { addModelCommands } from './commands/models.js';
import { addServiceCommands } from './commands/service.js';
import { addSteeringCommands } from './commands/steering.js';
import { addSurfaceCommands } from './commands/surfaces.js';
import { commandSet } from './context.js';
import { describeError, errorDocument } from './describe-error.js';
import { exitCode, exitCodeHelp, exitCodeOf } from './exit-code.js';
import type { Io } from './io.js';
import { printable } from './printable.js';

/** Runs one command line (without node and script) and resolves with its exit code; never rejects. */
export async function runCli(argv: string[], host: Io): Promise<number> {
  const io: Io = { ...host, out: (text) => host.out(printable(text)) };
  let code: number = exitCode.ok;
  const onExit = (given: number) => {
    code = given;
  };
  const program = new Command('ravine').description('Training as a service for CNN image classifiers');
  program
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .addHelpText('after', exitCodeHelp);
  program.showHelpAfterError('(add --help for the use of this command)');
  const group = (name: string, description: string) => {
    const command = program.command(name).description(description);
    return commandSet(command, io, onExit);
  };
  addDatasetCommands(group('datasets', 'upload and look at datasets'));
  const jobs = group('jobs', 'plan, submit, follow and end training jobs');
  addJobCommands(jobs);
  addJobDataCommands(jobs);
  addSteeringCommands(jobs);
  addForkCommand(jobs);
  addGroupCommands(group('groups', 'jobs that belong together: replicates over seeds, cross-validation'));
  addCheckpointCommands(group('checkpoints', 'list and download checkpoints of a job'));
  addArtifactCommands(group('artifacts', 'list and download files that a job left'));
  addModelCommands(group('models', 'make models and classify images'));
  addSurfaceCommands(group('surfaces', 'watch optimizers and schedules on error surfaces'));
  const top = commandSet(program, io, onExit);
  addLogsCommand(top);
  addServiceCommands(top);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, io, argv.includes('--json'));
  }
}

function failed(error: unknown, io: Io, json: boolean): number {
  // Commander has written its message; help ends with 0.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCode.ok;
    if (json) io.out(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
    return exitCode.usage;
  }
  if (io.signal.aborted) {
    io.err('\ninterrupted; a submitted job goes on: ravine jobs cancel <job> ends it\n');
    return exitCode.interrupted;
  }
  if (json) io.out(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
  io.err(`${printable(describeError(error))}\n`);
  return exitCodeOf(error);
}
