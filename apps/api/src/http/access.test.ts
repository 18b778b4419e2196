import type { FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { createGuard } from './access.js';

const ask = (
  apiKey: string | null,
  method: string,
  headers: Record<string, string>,
  isPublic = false,
): string => {
  try {
    createGuard({ apiKey })({ method, headers } as unknown as FastifyRequest, isPublic);
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('with a key', () => {
  test.each([
    ['Bearer secret-key', 'ok'],
    ['bearer  secret-key ', 'ok'],
    ['Bearer secret-kez', 'unauthorized'],
    ['Bearer secret', 'unauthorized'],
    ['Bearer ', 'unauthorized'],
    ['Basic secret-key', 'unauthorized'],
    ['secret-key', 'unauthorized'],
  ])('%s', (authorization, expected) => {
    expect(ask('secret-key', 'GET', { authorization, host: 'example.org' })).toBe(expected);
  });
  test('public routes are open', () => {
    expect(ask('secret-key', 'GET', { host: 'example.org' }, true)).toBe('ok');
  });
});

describe('without a key', () => {
  test.each([
    ['localhost:7070', 'ok'],
    ['127.0.0.1', 'ok'],
    ['[::1]:7070', 'ok'],
    ['LOCALHOST', 'ok'],
    ['evil.example', 'forbidden'],
    ['localhost.evil.example', 'forbidden'],
    ['127.0.0.2:80', 'ok'],
    ['127.0.0.1.nip.io:7070', 'forbidden'],
    ['127.example.org', 'forbidden'],
    ['', 'bad_request'],
  ])('host %s', (host, expected) => {
    expect(ask(null, 'GET', { host }, true)).toBe(expected);
  });
  test.each([
    [{ origin: 'http://localhost:7070' }, 'ok'],
    [{ 'sec-fetch-site': 'same-origin', origin: 'http://localhost:7070' }, 'ok'],
    [{ 'sec-fetch-site': 'none' }, 'ok'],
    [{}, 'ok'],
    [{ 'sec-fetch-site': 'cross-site' }, 'forbidden'],
    [{ 'sec-fetch-site': 'same-site' }, 'forbidden'],
    [{ origin: 'http://localhost:3000' }, 'forbidden'],
    [{ origin: 'null' }, 'forbidden'],
  ])('a change with %o', (headers, expected) => {
    const sent = { host: 'localhost:7070', ...(headers as Record<string, string>) };
    expect(ask(null, 'POST', sent)).toBe(expected);
    expect(ask(null, 'GET', sent)).toBe('ok');
  });
});
