import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { createAdapterFactory } from './adapter.js';
import { prismaFolder, readMigrations } from './files.js';

const LOCK_FILE = 'migration_lock.toml';

/** Prisma's schema engine as WebAssembly, connected to a database: the one of the CLI is a download. */
export interface Engine {
  engine: glue.SchemaEngine;
  /** What its commands want to know about the files. */
  inputs: {
    migrationsList: glue.MigrationList;
    filters: glue.SchemaFilter;
    schema: { files: { path: string; content: string }[] };
  };
  close(): Promise<void>;
}

export async function openEngine(url: string): Promise<Engine> {
  const schemaPath = path.join(prismaFolder, 'schema.prisma');
  const content = await readFile(schemaPath, 'utf8');
  await load();
  const { factory, close } = createAdapterFactory(url);
  const engine = await glue.SchemaEngine.new({ datamodels: [[schemaPath, content]] }, () => {}, factory);
  const folder = path.join(prismaFolder, 'migrations');
  const migrationsList: glue.MigrationList = {
    baseDir: folder,
    shadowDbInitScript: '',
    lockfile: {
      path: LOCK_FILE,
      content: await readFile(path.join(folder, LOCK_FILE), 'utf8').catch(() => null),
    },
    migrationDirectories: (await readMigrations(folder)).map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
  return {
    engine,
    inputs: {
      migrationsList,
      filters: { externalTables: [], externalEnums: [] },
      schema: { files: [{ path: schemaPath, content }] },
    },
    async close() {
      await close();
    },
  };
}

let loading: Promise<void> | undefined; // the glue code itself holds one instance per process

function load(): Promise<void> {
  loading ??= instantiate();
  return loading;
}

/** What is used of it; the type is part of the DOM library only. */
declare const WebAssembly: {
  instantiate(
    code: Uint8Array,
    imports: Record<string, unknown>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

async function instantiate(): Promise<void> {
  const script = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const code = await readFile(script.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(code, { './schema_engine_bg.js': glue });
  const { __wbg_set_wasm: setWasm } = glue as unknown as { __wbg_set_wasm(exports: unknown): void };
  setWasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: rememberPanic } });
}

let panic: string | undefined;
function rememberPanic(message: string): void {
  panic = message;
}

/** The message of an engine's error; a panic's own message stands in a side channel. */
export function messageOf(error: unknown): string {
  const message = panic ?? (error instanceof Error ? error.message : String(error));
  panic = undefined;
  return message;
}
