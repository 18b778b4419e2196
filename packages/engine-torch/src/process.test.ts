import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeNative } from '../test/harness.js';

const root = path.dirname(import.meta.dirname);

describeNative('a process that trains', () => {
  /** Runs the fixture in a process of its own; it prints nothing but what is asked of it. */
  const run = (how: string) =>
    spawnSync(process.execPath, ['--import', 'tsx', path.join(root, 'test', 'train-and.ts'), how], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
    });

  it('exits in the middle of a step with the code it was told', () => {
    const { status, signal, stderr } = run('exit');
    expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: '' });
  });

  it('ends by itself while a session is open but idle', () => {
    const { status, stdout } = run('idle');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'idle\n' });
  });
});

// The build script in a package folder of its own, on a PATH without cmake and compiler.
describe('the build', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ravine-build-'));
    for (const name of ['native', 'scripts', 'CMakeLists.txt'])
      symlinkSync(path.join(root, name), path.join(folder, name));
    rmSync(path.join(folder, 'scripts'));
    mkdirSync(path.join(folder, 'scripts'));
    for (const name of ['build.mjs', 'digest.mjs', 'lock.mjs', 'requirements.mjs'])
      writeFileSync(path.join(folder, 'scripts', name), readFileSync(path.join(root, 'scripts', name)));
    symlinkSync(path.join(root, '..', '..', 'node_modules'), path.join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const build = (mode: string) =>
    spawnSync(process.execPath, [path.join(folder, 'scripts', 'build.mjs')], {
      env: { PATH: folder, RAVINE_NATIVE: mode },
      encoding: 'utf8',
    });

  /** What `loadTorchEngine` returns in that folder. */
  const load = () => {
    const script =
      "import { loadTorchEngine } from './src/load.ts'; console.log(JSON.stringify(loadTorchEngine()))";
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    return JSON.parse(stdout) as { engine: null; reason: string };
  };

  it('leaves its reason for those who ask for the engine', () => {
    cpSync(path.join(root, 'src'), path.join(folder, 'src'), { recursive: true });
    cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
    expect(load()).toEqual({ engine: null, reason: expect.stringContaining('has not been built') });
    build('auto');
    expect(load()).toEqual({ engine: null, reason: expect.stringContaining('cmake and c++ not found') });
    writeFileSync(path.join(folder, 'build', 'ravine_torch.node'), 'not a library');
    expect(load()).toEqual({ engine: null, reason: expect.stringContaining('cannot be loaded') });
  });

  it('says what is missing and goes on, unless told to insist', () => {
    const { status, stdout } = build('auto');
    expect(status).toBe(0);
    expect(stdout).toContain('cmake and c++ not found');
    expect(stdout).toContain('npm run native -w @ravine/engine-torch');
    const left = JSON.parse(readFileSync(path.join(folder, 'build', 'status.json'), 'utf8')) as {
      reason: string;
    };
    expect(left.reason).toContain('cmake and c++ not found');
    expect(build('on').status).toBe(1);
    expect(build('off')).toMatchObject({ status: 0, stdout: expect.stringContaining('RAVINE_NATIVE=off') });
    expect(build('perhaps')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('use off, auto or on'),
    });
  });
});
