-- Requests that run while this is applied lose their key; answered ones need no id any more.
DELETE FROM "idempotency_keys" WHERE "status" IS NULL;

-- AlterTable
ALTER TABLE "idempotency_keys" ADD COLUMN "reserved_id" TEXT NOT NULL DEFAULT '';
ALTER TABLE "idempotency_keys" ALTER COLUMN "reserved_id" DROP DEFAULT;
