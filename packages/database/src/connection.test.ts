import { AppError } from '@ravine/contracts';
import { describe, expect, test } from 'vitest';
import { connectionConfig, nameOf, translateError, withDatabase } from './connection.js';
import { databaseEnvironment } from './environment.js';

const URL_ = 'postgresql://ada:s3cr%2Ft@db.example:5433/ravine?sslmode=require';

describe('addresses', () => {
  test('keep what the user set and add the session options', () => {
    const { connectionString } = connectionConfig(`${URL_}&options=-c%20work_mem%3D5MB`);
    const { searchParams } = new URL(connectionString as string);
    expect(searchParams.get('options')).toMatch(/^-c work_mem=5MB -c TimeZone=UTC /);
    expect(searchParams.get('sslmode')).toBe('require');
  });

  test('another database on the same server', () => {
    expect(withDatabase(URL_, 'a b')).toBe('postgresql://ada:s3cr%2Ft@db.example:5433/a%20b?sslmode=require');
  });

  test('are named without secrets', () => {
    expect(nameOf(URL_)).toBe('db.example:5433/ravine');
    expect(nameOf('postgresql:///ravine?host=/run/postgresql')).toBe('/run/postgresql/ravine');
  });

  test.each(['mysql://localhost/x', 'localhost:5432', ''])('%j is refused', (url) => {
    expect(() => connectionConfig(url)).toThrow('must look like postgresql://');
    expect(databaseEnvironment.safeParse({ DATABASE_URL: url }).success).toBe(false);
  });

  test.each([URL_, 'postgres://u@localhost/x', 'postgresql:///ravine?host=/run/postgresql'])(
    '%j is accepted',
    (url) => {
      expect(databaseEnvironment.parse({ DATABASE_URL: url })).toEqual({ DATABASE_URL: url });
    },
  );

  test('none is needed', () => {
    expect(databaseEnvironment.parse({})).toEqual({});
  });
});

describe('errors', () => {
  const withCode = (code: string, message = 'm') => Object.assign(new Error(message), { code });

  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'ENOTFOUND',
    '57P01',
    '57P03',
    '57P05',
    '25P03',
    '08006',
    '53300',
    '28P01',
    '3D000',
  ])('%s means that the database cannot be reached', (code) => {
    const original = withCode(code);
    const translated = translateError(original, URL_) as AppError;
    expect(translated).toMatchObject({ code: 'service_unavailable', retryable: true, cause: original });
    expect(translated.detail).toContain('db.example:5433/ravine');
    expect(translated.detail).not.toContain('s3cr');
  });

  test('also when another error wraps it', () => {
    const wrapped = new Error('Prisma', { cause: withCode('ECONNREFUSED') });
    expect(translateError(wrapped, URL_)).toMatchObject({ code: 'service_unavailable' });
    const several = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]);
    expect(translateError(several, URL_)).toMatchObject({ code: 'service_unavailable' });
  });

  test('also when Prisma hides it below a code of its own', () => {
    const hidden = { originalCode: '57P01', originalMessage: 'terminating connection' };
    const prisma = Object.assign(withCode('P2039'), { meta: { driverAdapterError: { cause: hidden } } });
    expect(translateError(prisma, URL_)).toMatchObject({
      code: 'service_unavailable',
      detail: expect.stringMatching(/right now: terminating connection$/),
    });
    const call = Object.assign(withCode('P1001'), {
      message: '\nInvalid `prisma.job.x()`:\n\nCannot reach it',
    });
    expect((translateError(call, URL_) as AppError).detail).toMatch(/right now: Cannot reach it$/);
  });

  test('53100 means that its disk is full', () => {
    const translated = translateError(new Error('Prisma', { cause: withCode('53100') }), URL_);
    expect(translated).toMatchObject({
      code: 'storage_full',
      detail: expect.stringContaining('db.example:5433/ravine'),
    });
  });

  test.each(['23505', '23503', '22P02', '42601', '40P01'])('%s is passed on', (code) => {
    const original = withCode(code);
    expect(translateError(original, URL_)).toBe(original);
  });

  test('what says its own code is passed on', () => {
    const own = new AppError('job_not_found');
    expect(translateError(own, URL_)).toBe(own);
    expect(translateError('text', URL_)).toBe('text');
  });
});
