import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.js';

const needed = { DATABASE_URL: 'postgresql://a:b@localhost:5432/c', STORAGE_URL: 'file:///tmp/x' };
const refusal = (environment: Record<string, string>): string => {
  try {
    parseConfig({ ...needed, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

test('what is not set has defaults, and an empty variable is not set', () => {
  const config = parseConfig({ ...needed, RAVINE_API_KEY: '', RAVINE_PORT: '' });
  expect(config).toMatchObject({
    RAVINE_HOST: '127.0.0.1',
    RAVINE_PORT: 7070,
    RAVINE_MAX_UPLOAD_BYTES: 20 * 1024 ** 3,
  });
  expect(config.RAVINE_API_KEY).toBeUndefined();
});

describe('letting other machines in needs a key', () => {
  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.org'])('%s', (host) => {
    expect(refusal({ RAVINE_HOST: host })).toContain(
      `RAVINE_API_KEY="$(openssl rand -hex 32)" RAVINE_HOST=${host}`,
    );
    expect(refusal({ RAVINE_HOST: host, RAVINE_API_KEY: 'correct-horse' })).toBe('');
  });
  test.each(['127.0.0.1', '::1', 'localhost'])('%s is this machine', (host) => {
    expect(refusal({ RAVINE_HOST: host })).toBe('');
  });
});

test('every bad variable is named, and no secret is shown', () => {
  const message = refusal({
    RAVINE_PORT: '70000',
    RAVINE_RATE_LIMIT: 'many',
    RAVINE_API_KEY: 'has space',
    RAVINE_LOG_LEVEL: 'loud',
  });
  for (const name of ['RAVINE_PORT', 'RAVINE_RATE_LIMIT', 'RAVINE_API_KEY', 'RAVINE_LOG_LEVEL'])
    expect(message).toContain(name);
  expect(message).not.toContain('has space');
});

test('without a database or a storage it says how they look', () => {
  expect(() => parseConfig({})).toThrow(/DATABASE_URL and STORAGE_URL must be set, e\.g\. postgres:/);
});
