-- The clock of the database may be set back: newest is what was recorded last.
-- AlterTable
ALTER TABLE "checkpoints" ADD COLUMN     "sequence" BIGSERIAL NOT NULL;
UPDATE "checkpoints" SET "sequence" = "place"
FROM (SELECT "id" AS "ordered", row_number() OVER (ORDER BY "created_at", "id") AS "place" FROM "checkpoints") AS "order"
WHERE "id" = "ordered";

-- AlterTable
ALTER TABLE "job_attempts" ADD COLUMN     "last_report" TEXT;
