import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { comparison, interleave, median } from '../test/bench/train/rounds.mjs';
import { nameOf, rows, selectRows } from '../test/bench/train/rows.mjs';
import { saveResults } from '../test/bench/train/save.mjs';

const bench = (...args) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, 'bench-train.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, RAVINE_SETUP: 'off' },
  });

test('an unknown row is refused with the names of all', () => {
  const { status, stdout, stderr } = bench('--row', 'nothing');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  for (const row of rows) expect(stderr).toContain(nameOf(row));
});

test('a workload means all of its rows', () => {
  expect(selectRows('leedl-cnn').map(nameOf)).toEqual([
    'leedl-cnn-bf16-16',
    'leedl-cnn-bf16-64',
    'leedl-cnn-fp32-16',
  ]);
  expect(selectRows('leedl-cnn-bf16-64').map(nameOf)).toEqual(['leedl-cnn-bf16-64']);
});

test('sides take turns, and the one that begins changes', async () => {
  const order = [];
  const side = (name) => async () => order.push(name);
  const times = await interleave(3, [side('a'), side('b')], () => {});
  expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect(times).toEqual([
    [1, 4, 5],
    [2, 3, 6],
  ]);
});

test('the ratio is that of the medians, and tells whether it is what was wanted', () => {
  expect(median([4, 1, 3, 100])).toBe(3.5);
  const times = [
    [10, 99, 9],
    [20, 19, 21],
  ];
  const { times: figures, spread, verdict } = comparison(times, { faster: 1.9 });
  expect(figures).toEqual({ engineMs: 10, peerMs: 20, ratio: 2 });
  expect(spread).toEqual({ engineMs: [9, 99], peerMs: [19, 21] });
  expect(verdict).toEqual({ rounds: 3, target: { faster: 1.9 }, met: true });
  expect(comparison(times, { faster: 2.1 }).verdict.met).toBe(false);
  expect(comparison(times, { overhead: 0.5 }).verdict.met).toBe(true);
  expect(comparison(times, { overhead: 0.4 }).verdict.met).toBe(false);
});

test('results of one day and machine are collected on one page, in the order of the table', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ravine-bench-'));
  const machine = { processor: 'A CPU (tm)', threads: 2, commit: 'abc' };
  const save = (row, engineMs) => {
    const { times, spread, verdict } = comparison([[engineMs], [20]], row.target);
    const { workload, precision, batch } = row;
    const result = { workload, precision, batch, ...times, floorMs: null, peakMiB: 1, ...verdict, spread };
    return saveResults(folder, [result], machine, 'npm run bench:train');
  };
  save(rows[1], 5);
  save(rows[0], 8);
  const page = readFileSync(save(rows[1], 4), 'utf8');
  rmSync(folder, { recursive: true });
  const lines = page.split('\n').filter((line) => line.includes('leedl-cnn'));
  expect(lines).toEqual([
    expect.stringContaining(`${nameOf(rows[0])} | 8.0 ms`),
    expect.stringContaining(`${nameOf(rows[1])} | 4.0 ms`),
  ]);
});

test('a network of your own needs its size in full', () => {
  const file = path.join(import.meta.dirname, '../package.json');
  const refused = (...args) => bench('--architecture', ...args).stderr;
  expect(refused('/nowhere.json', '--input', '3x8x8', '--batch', '4')).toContain(
    '--architecture /nowhere.json',
  );
  expect(refused(file, '--batch', '4')).toContain('--input');
  expect(refused(file, '--input', '2x8x8', '--batch', '4')).toContain('--input 2x8x8');
  expect(refused(file, '--input', '3x8x8')).toContain('--batch');
  expect(refused(file, '--input', '3x8x8', '--batch', '4', '--precision', 'fp8')).toContain(
    '--precision fp8',
  );
});

test('without PyTorch there is no ratio, but what to type', () => {
  const { status, stdout, stderr } = bench('--row', 'resnet-18', '--python', '/usr/bin/false');
  // Where the engine is missing too, that is told first.
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/There is no peer|There is no engine/);
  expect(stderr).toMatch(/Type:|type:/);
});
