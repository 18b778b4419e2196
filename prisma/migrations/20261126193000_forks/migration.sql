-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "fork" JSONB,
ADD COLUMN     "fork_checkpoint_id" TEXT;

-- CreateIndex
CREATE INDEX "jobs_fork_checkpoint_id_idx" ON "jobs"("fork_checkpoint_id");

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_fork_checkpoint_id_fkey" FOREIGN KEY ("fork_checkpoint_id") REFERENCES "checkpoints"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma cannot say.
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_fork_check" CHECK (("fork" IS NULL) = ("fork_checkpoint_id" IS NULL));
