import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers each line on its standard input, a JSON value, with one on its standard output. */
export function startContestant(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  child.stdin.on('error', () => {}); // it has ended: the missing answer tells
  const ended = new Promise((resolve) => {
    child
      .once('close', (code, signal) => resolve(signal ?? code))
      .once('error', (error) => resolve(error.message));
  });
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command} ${args.join(' ')} ended (${await ended}):\n${said.trim()}`);
      return JSON.parse(value);
    },
    /** Ends it, however far it is. */
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
