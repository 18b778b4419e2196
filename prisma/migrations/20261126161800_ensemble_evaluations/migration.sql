-- AlterTable
ALTER TABLE "predictions" ADD COLUMN     "evaluation" JSONB,
ADD COLUMN     "target" JSONB;

-- What Prisma's schema cannot say: a question that is done has one answer.
ALTER TABLE "predictions"
    DROP CONSTRAINT "predictions_done_check",
    ADD CONSTRAINT "predictions_done_check" CHECK (("status" = 'done') = ("finished_at" IS NOT NULL) AND num_nonnulls("results", "evaluation", "error") = ("status" = 'done')::int);
