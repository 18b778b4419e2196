import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  checkout,
  removeFolder,
  type ServiceProcess,
  startService,
  temporaryFolder,
} from '../support/service-process.js';

let folder: string;
let service: ServiceProcess;
let engine: { ok: boolean; detail: string } | undefined;
beforeAll(async () => {
  folder = temporaryFolder();
  service = await startService(folder, { RAVINE_PORT: '0' });
  const readiness = (await (await fetch(`${service.url}/readyz`)).json()) as {
    parts: { name: string; ok: boolean; detail: string }[];
  };
  engine = readiness.parts.find(({ name }) => name === 'engine');
});
afterAll(async () => {
  await service?.stop();
  removeFolder(folder);
});

function run(command: string, args: string[], url = service.url) {
  const child = spawn(command, args, {
    cwd: checkout,
    env: { ...process.env, RAVINE_URL: url, RAVINE_SETUP: 'off' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  return new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
}

const examples = [
  { file: 'submit-and-follow.sh', command: 'sh', args: [], needs: 'curl' },
  { file: 'submit-and-follow.ts', command: process.execPath, args: ['--import', 'tsx'], needs: null },
  { file: 'submit_and_follow.py', command: 'python3', args: [], needs: 'python3' },
];

describe.each(examples)('examples/$file', ({ file, command, args, needs }) => {
  const requireTools = (context: TestContext) => {
    if (needs && spawnSync(needs, ['--version']).error) context.skip(`${needs} is not installed`);
  };

  it('trains and classifies', async (context) => {
    requireTools(context);
    if (!engine?.ok) context.skip(`no engine: ${engine?.detail}`);
    const { code, output } = await run(command, [...args, `examples/${file}`]);
    expect(code, output).toBe(0);
    expect(output).toMatch(/plan: \d+ steps, \d+ parameters/);
    expect(output).toContain('succeeded');
    expect(output).toMatch(/is classified as \w+/);
    const accuracy = Number(/test accuracy ([\d.]+)/.exec(output)?.[1]);
    expect(accuracy).toBeGreaterThan(0.5);
  });

  it('fails where there is no service', async (context) => {
    requireTools(context);
    const { code, output } = await run(command, [...args, `examples/${file}`], 'http://127.0.0.1:1');
    expect(code).not.toBe(0);
    expect(output).not.toBe('');
  });
});
