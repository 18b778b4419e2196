-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "checkpoint_policy" JSONB NOT NULL DEFAULT '{"everySteps": null, "everySeconds": 60, "keepLast": 2}',
ADD COLUMN     "max_steps" INTEGER,
ADD COLUMN     "micro_batch_size" INTEGER;

-- What Prisma cannot say.
ALTER TABLE "jobs"
    DROP CONSTRAINT "jobs_stop_reason_check",
    ADD CONSTRAINT "jobs_stop_reason_check" CHECK ("stop_reason" IN ('completed', 'early_stopping', 'pruned', 'time_limit', 'step_limit', 'diverged')),
    ADD CONSTRAINT "jobs_max_steps_check" CHECK ("max_steps" >= 1),
    ADD CONSTRAINT "jobs_micro_batch_size_check" CHECK ("micro_batch_size" >= 1);
ALTER TABLE "checkpoints"
    DROP CONSTRAINT "checkpoints_roles_check",
    ADD CONSTRAINT "checkpoints_roles_check" CHECK ("roles" <@ ARRAY['best', 'last', 'previous']);
