-- A learning-rate range test ends by itself where its loss diverges.
ALTER TABLE "jobs"
    DROP CONSTRAINT "jobs_stop_reason_check",
    ADD CONSTRAINT "jobs_stop_reason_check" CHECK ("stop_reason" IN ('completed', 'early_stopping', 'pruned', 'time_limit', 'diverged'));
