import { expect, it } from 'vitest';
import { createTurns } from './turns.js';

const stays = new AbortController().signal;

it('does one thing after the other, whether it succeeds or fails', async () => {
  const turns = createTurns(2);
  const log: string[] = [];
  const work = (name: string, fails = false) =>
    turns.take(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    }, stays);
  const ended = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

it('refuses who would wait too long, and takes others when there is room', async () => {
  const turns = createTurns(1);
  let finish = () => {};
  const held = () =>
    new Promise<number>((resolve) => {
      finish = () => resolve(1);
    });
  const first = turns.take(held, stays);
  const caller = new AbortController();
  const second = turns.take(async () => 2, caller.signal);
  expect(await turns.take(async () => 3, stays)).toBeNull();
  caller.abort();
  const third = turns.take(async () => 4, stays);
  finish();
  await expect(second).rejects.toThrow('aborted');
  expect(await Promise.all([first, third])).toEqual([1, 4]);
});
