-- One line of the log of a job: events, what its worker says and what its training process wrote.
CREATE TABLE "job_logs" (
    "job_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "attempt" INTEGER,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "level" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "message" TEXT NOT NULL,

    CONSTRAINT "job_logs_pkey" PRIMARY KEY ("job_id","sequence"),
    CONSTRAINT "job_logs_sequence_check" CHECK ("sequence" >= 1),
    CONSTRAINT "job_logs_level_check" CHECK ("level" IN ('debug', 'info', 'warning', 'error')),
    CONSTRAINT "job_logs_source_check" CHECK ("source" IN ('service', 'worker', 'training'))
);

ALTER TABLE "job_logs" ADD CONSTRAINT "job_logs_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "job_counters"
    ADD COLUMN "last_log" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "kept_logs" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "dropped_logs" INTEGER NOT NULL DEFAULT 0;

-- Jobs of before have a log too: their newest events.
INSERT INTO "job_logs" ("job_id", "sequence", "attempt", "at", "level", "source", "message")
SELECT "job_id", "sequence", "attempt", "at", "level", CASE WHEN "attempt" IS NULL THEN 'service' ELSE 'worker' END,
       left(regexp_replace("message", '[[:cntrl:]]+', ' ', 'g'), 2000)
FROM "job_events" JOIN "job_counters" USING ("job_id")
WHERE "sequence" > "last_event" - 10000;

UPDATE "job_counters" SET "last_log" = "last_event", "kept_logs" = least("last_event", 10000),
    "dropped_logs" = greatest("last_event" - 10000, 0);

DROP TRIGGER "job_counters_notify" ON "job_counters";
CREATE TRIGGER "job_counters_notify" AFTER UPDATE OF "last_event", "last_log" ON "job_counters"
    FOR EACH ROW EXECUTE FUNCTION "ravine_notify"('job', 'job_id');
