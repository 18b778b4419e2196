import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { tailOf } from './tail.js';

function tail(limit = 3) {
  const stream = new PassThrough();
  const seen: string[] = [];
  const last = tailOf(stream, limit, (line) => seen.push(line));
  const ended = new Promise((resolve) => stream.once('end', resolve));
  return { stream, seen, last, end: (text = '') => stream.end(text) && ended };
}

test('passes lines on as they come, whatever ends them, and the rest at the end', async () => {
  const { stream, seen, last, end } = tail();
  stream.write('a\nb\r\nc');
  stream.write('c\r10 %\r\n');
  await end('\nlast');
  expect(seen).toEqual(['a', 'b', 'cc', '10 %', '', 'last']);
  expect(last()).toEqual(['10 %', '', 'last']);
});

test('keeps characters whole that come in parts', async () => {
  const { stream, seen, end } = tail();
  const bytes = Buffer.from('grün\n');
  stream.write(bytes.subarray(0, 3));
  await end(bytes.subarray(3) as unknown as string);
  expect(seen).toEqual(['grün']);
});

test('cuts a line without an end and goes on with the next', async () => {
  const { stream, seen, end } = tail();
  for (let i = 0; i < 10; i += 1) stream.write('x'.repeat(1_500));
  await end('\nshort\n');
  expect(seen.map(({ length }) => length)).toEqual([2_000, 5]);
});

test('loses nothing of a flood, which it reads slowly', async () => {
  const { seen, end } = tail();
  const many = Array.from({ length: 30_000 }, (_, i) => `${i} ${'y'.repeat(20)}`);
  await end(many.join('\n'));
  expect(seen).toEqual(many);
});
