import { AppError } from '@ravine/contracts';
import pg from 'pg';

/**
 * Every session speaks UTC: the driver adapter of Prisma reads and writes timestamptz without its offset. And a process that
 * is frozen or cut off within a transaction must not keep its locks: others wait for the row of the job that it had.
 */
const SESSION = '-c TimeZone=UTC -c idle_in_transaction_session_timeout=10s';

/** Settings of pg for a postgres URL, with the session options that everything here relies on. */
export function connectionConfig(url: string): pg.ClientConfig {
  const address = parse(url);
  const given = address.searchParams.get('options');
  address.searchParams.set('options', given === null ? SESSION : `${given} ${SESSION}`);
  return {
    connectionString: address.href,
    application_name: 'ravine',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  };
}

/** The same server and settings, another database. */
export function withDatabase(url: string, database: string): string {
  const address = parse(url);
  address.pathname = `/${encodeURIComponent(database)}`;
  return address.href;
}

/** `host:port/database`, for messages: without user, password and options. */
export function nameOf(url: string): string {
  const address = parse(url);
  return `${address.searchParams.get('host') ?? (address.host || 'localhost')}${address.pathname}`;
}

function parse(url: string): URL {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
    throw new Error('DATABASE_URL must look like postgresql://user:password@host:5432/database');
  return new URL(url);
}

/** Opens one session outside of the pool. */
export async function connectClient(url: string): Promise<pg.Client> {
  const client = new pg.Client(connectionConfig(url));
  client.on('error', () => {}); // the next query on it reports the loss
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw translateError(error, url);
  }
}

/** 25P03 and 57P05: the session of a process that was frozen was ended meanwhile; a new one works. */
const UNREACHABLE = /^(08...|25P03|57P0[1-5]|53300|28...|3D000|E[A-Z]+|P10(00|01|02|08|17))$/;
/** What pg says without a code, the last to each query on a session that it knows to be lost. */
const LOST = /connection terminated|timeout exceeded when trying to connect|Connection ended|not queryable/i;

/**
 * A database that cannot be reached becomes `service_unavailable`, one without space `storage_full`; the rest
 * is passed on.
 */
export function translateError(error: unknown, url: string): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (isDiskFull(error)) {
    const detail = `The disk of the database (${nameOf(url)}) is full; free some space there`;
    return new AppError('storage_full', { detail, cause: error });
  }
  const reason = reasonOf(error);
  if (reason === null) return error;
  return new AppError('service_unavailable', {
    detail: `The database (${nameOf(url)}) cannot be used right now: ${reason}`,
    cause: error,
  });
}

/** What PostgreSQL said, where Prisma reports it below a code of its own. */
interface Hidden {
  code?: unknown;
  meta?: { driverAdapterError?: { cause?: { originalCode?: unknown; originalMessage?: unknown } } };
}

/** Code of the fault, PostgreSQL's own before Prisma's. */
function codeOf(error: Error): unknown {
  const { code, meta } = error as Error & Hidden;
  return meta?.driverAdapterError?.cause?.originalCode ?? code;
}

/** One line for a person: Prisma's messages begin with the call that failed. */
function lineOf(error: Error): string {
  const original = (error as Error & Hidden).meta?.driverAdapterError?.cause?.originalMessage;
  return typeof original === 'string' ? original : (error.message.trim().split('\n').at(-1) ?? '');
}

function reasonOf(error: Error): string | null {
  const code = codeOf(error);
  if (code === '3D000') return 'it does not exist; create it (createdb) or correct DATABASE_URL';
  if (code === '28P01' || code === '28000') return 'user or password is wrong; correct DATABASE_URL';
  if (code === 'ECONNREFUSED') return 'nothing listens there; start PostgreSQL or correct DATABASE_URL';
  if (typeof code === 'string' && UNREACHABLE.test(code)) return lineOf(error) || code;
  if (LOST.test(error.message)) return lineOf(error);
  if (error instanceof AggregateError) return reasonOf(error.errors[0] as Error);
  return error.cause instanceof Error ? reasonOf(error.cause) : null;
}

const isDiskFull = (error: Error): boolean =>
  codeOf(error) === '53100' || (error.cause instanceof Error && isDiskFull(error.cause));
