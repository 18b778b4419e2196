import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` only check that a schema engine exists and never run it; with this nothing is downloaded.
// Migrations go through `npm run migrate`.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
process.env.PRISMA_HIDE_UPDATE_MESSAGE ??= '1';
process.env.CHECKPOINT_DISABLE ??= '1';

export default defineConfig({ schema: '../../prisma/schema.prisma' });
