-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "fruitless_attempts" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "job_attempts" (
    "job_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "worker_id" TEXT NOT NULL,
    "engine" TEXT,
    "device" TEXT,
    "precision" TEXT,
    "threads" INTEGER,
    "resumed_from" JSONB,
    "last_step" INTEGER,
    "outcome" TEXT,
    "reason" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "job_attempts_pkey" PRIMARY KEY ("job_id","attempt")
);

-- AddForeignKey
ALTER TABLE "job_attempts" ADD CONSTRAINT "job_attempts_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot say.
ALTER TABLE "job_attempts"
    ADD CONSTRAINT "job_attempts_attempt_check" CHECK ("attempt" >= 1),
    ADD CONSTRAINT "job_attempts_outcome_check" CHECK ("outcome" IN ('succeeded', 'failed', 'cancelled', 'paused', 'handed_back', 'lost')),
    ADD CONSTRAINT "job_attempts_ended_check" CHECK (("outcome" IS NULL) = ("ended_at" IS NULL));
ALTER TABLE "jobs"
    DROP CONSTRAINT "jobs_attempt_check",
    ADD CONSTRAINT "jobs_attempt_check" CHECK ("attempt" >= 0 AND ("status" NOT IN ('running', 'pausing', 'cancelling') OR "attempt" > 0)),
    ADD CONSTRAINT "jobs_fruitless_attempts_check" CHECK ("fruitless_attempts" >= 0);
