import { Command } from 'commander';
import type { Client } from '../client.js';
import { type ConnectionFlags, connect } from './connection.js';
import type { Io } from './io.js';

export interface Context {
  io: Io;
  client: Client;
  json: boolean;
  signal: AbortSignal;
  /** The one result of a command: the value itself under --json, else its text. */
  print(value: unknown, text: () => string): void;
}

/** What a command does; a number that it resolves with is its exit code, anything else means 0. */
// biome-ignore lint/suspicious/noExplicitAny: commander hands over arguments and options as any
export type Action = (context: Context, ...argumentsAndOptions: any[]) => Promise<unknown>;

export interface CommandSet {
  /** A new command with the options that all commands have; `usage` is `name <argument>`. */
  add(usage: string, description: string, action: Action): Command;
}

/** Adds commands below `parent`; the exit code of the one that ran goes to `onExit`. */
export function commandSet(parent: Command, io: Io, onExit: (code: number) => void): CommandSet {
  return {
    add(usage, description, action) {
      const command = new Command(usage.split(' ')[0] as string).description(description);
      for (const argument of usage.split(' ').slice(1)) command.argument(argument);
      command
        .option('--json', 'one JSON document on stdout')
        .option('--url <url>', 'address of the service (RAVINE_URL)')
        .option('--api-key <key>', 'API key (RAVINE_API_KEY)');
      command.action(async (...given: unknown[]) => {
        const flags = command.opts<ConnectionFlags & { json?: boolean }>();
        const json = flags.json === true;
        const context: Context = {
          io,
          json,
          signal: io.signal,
          client: connect(flags, io),
          print: (value, text) => io.out(`${json ? JSON.stringify(value, null, 2) : text()}\n`),
        };
        const result = await action(context, ...given.slice(0, -1));
        onExit(typeof result === 'number' ? result : 0);
      });
      // Settings such as exitOverride and where help is written to are copied by hand when a command is added so.
      command.copyInheritedSettings(parent);
      parent.addCommand(command);
      return command;
    },
  };
}
