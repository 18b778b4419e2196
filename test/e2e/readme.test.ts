import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import {
  checkout,
  processesOf,
  removeFolder,
  startService,
  temporaryFolder,
} from '../support/service-process.js';

it('the curl walk-through of the README works as it stands', async (context) => {
  if (spawnSync('curl', ['--version']).error) context.skip('curl is not installed');
  const readme = readFileSync(path.join(checkout, 'README.md'), 'utf8');
  const block = /```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect(block).toContain('curl');
  const folder = temporaryFolder();
  const service = await startService(folder, { RAVINE_PORT: '0' });
  try {
    const { parts } = (await (await fetch(`${service.url}/readyz`)).json()) as {
      parts: { name: string; ok: boolean; detail: string }[];
    };
    const engine = parts.find(({ name }) => name === 'engine');
    if (!engine?.ok) context.skip(`no engine: ${engine?.detail}`);
    const script = block.replaceAll('/tmp/', `${folder}/`);
    const env = { ...process.env, RAVINE_URL: service.url, RAVINE_SETUP: 'off' };
    const shell = spawn('sh', ['-eu', '-c', script], { cwd: checkout, env });
    let out = '';
    let err = '';
    shell.stdout.on('data', (chunk) => {
      out += chunk;
    });
    shell.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const code = await new Promise((resolve) => shell.once('close', resolve));
    expect([code, err]).toEqual([0, '']);
    for (const expected of [
      '"object":"plan"',
      'event: epoch',
      '"validation.accuracy"',
      '"confusion"',
      '"object":"prediction"',
    ])
      expect(out).toContain(expected);
    expect(out).not.toContain('"requestId"'); // no problem+json among the answers
  } finally {
    await service.stop();
    expect(processesOf(folder)).toEqual([]);
    removeFolder(folder);
  }
});
