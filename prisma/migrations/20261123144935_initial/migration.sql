-- CreateTable
CREATE TABLE "datasets" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "height" INTEGER,
    "width" INTEGER,
    "channels" INTEGER,
    "fit" TEXT NOT NULL,
    "uploads" JSONB NOT NULL,
    "upload_bytes" BIGINT NOT NULL,
    "progress" JSONB,
    "manifest" JSONB,
    "report" JSONB,
    "failure" JSONB,
    "ingest_attempt" INTEGER NOT NULL DEFAULT 0,
    "ingest_worker_id" TEXT,
    "ingest_claimed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "datasets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "dataset_blobs" (
    "dataset_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,

    CONSTRAINT "dataset_blobs_pkey" PRIMARY KEY ("dataset_id","key")
);

-- CreateTable
CREATE TABLE "jobs" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "phase" TEXT,
    "stop_reason" TEXT,
    "failure" JSONB,
    "dataset_id" TEXT NOT NULL,
    "recipe" JSONB NOT NULL,
    "recipe_hash" TEXT NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "priority" INTEGER NOT NULL DEFAULT 0,
    "max_minutes" DOUBLE PRECISION,
    "queue" TEXT NOT NULL DEFAULT 'train.cpu',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "worker_id" TEXT,
    "claimed_at" TIMESTAMPTZ(3),
    "cancel_mode" TEXT,
    "engine" TEXT,
    "device" TEXT,
    "precision" TEXT,
    "progress" JSONB,
    "best" JSONB,
    "test_accuracy" DOUBLE PRECISION,
    "train_seconds" DOUBLE PRECISION,
    "peak_memory_bytes" BIGINT,
    "transitions" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "jobs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_counters" (
    "job_id" TEXT NOT NULL,
    "last_event" INTEGER NOT NULL DEFAULT 0,
    "metrics_batch" INTEGER NOT NULL DEFAULT 0,
    "metrics_epoch" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "job_counters_pkey" PRIMARY KEY ("job_id")
);

-- CreateTable
CREATE TABLE "job_events" (
    "job_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "attempt" INTEGER,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "type" TEXT NOT NULL,
    "level" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "job_events_pkey" PRIMARY KEY ("job_id","sequence")
);

-- CreateTable
CREATE TABLE "metrics" (
    "job_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "step" INTEGER NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "batch" INTEGER NOT NULL,

    CONSTRAINT "metrics_pkey" PRIMARY KEY ("job_id","name","step")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "roles" TEXT[],
    "validation_loss" DOUBLE PRECISION,
    "validation_accuracy" DOUBLE PRECISION,
    "sha256" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "artifacts" (
    "id" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "file_name" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifacts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "evaluations" (
    "job_id" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evaluations_pkey" PRIMARY KEY ("job_id")
);

-- CreateTable
CREATE TABLE "models" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "job_id" TEXT NOT NULL,
    "checkpoint_id" TEXT NOT NULL,
    "architecture" TEXT NOT NULL,
    "parameter_count" BIGINT NOT NULL,
    "classes" TEXT[],
    "input" JSONB NOT NULL,
    "test_accuracy" DOUBLE PRECISION,
    "sha256" TEXT NOT NULL,
    "bytes" BIGINT NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "models_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "predictions" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "model_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'queued',
    "images" JSONB NOT NULL,
    "top_k" INTEGER NOT NULL,
    "worker_id" TEXT,
    "claimed_at" TIMESTAMPTZ(3),
    "results" JSONB,
    "error" JSONB,
    "seconds" DOUBLE PRECISION,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "predictions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workers" (
    "id" TEXT NOT NULL,
    "hostname" TEXT NOT NULL,
    "process_id" INTEGER NOT NULL,
    "version" TEXT NOT NULL,
    "draining" BOOLEAN NOT NULL DEFAULT false,
    "engines" JSONB NOT NULL,
    "queues" TEXT[],
    "threads" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "project" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "request_hash" TEXT,
    "owner" TEXT NOT NULL,
    "locked_until" TIMESTAMPTZ(3) NOT NULL,
    "status" INTEGER,
    "body" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("project","key")
);

-- CreateIndex
CREATE INDEX "datasets_project_id_idx" ON "datasets"("project", "id" DESC);

-- CreateIndex
CREATE INDEX "datasets_status_idx" ON "datasets"("status");

-- CreateIndex
CREATE INDEX "dataset_blobs_key_idx" ON "dataset_blobs"("key");

-- CreateIndex
CREATE INDEX "jobs_project_id_idx" ON "jobs"("project", "id" DESC);

-- CreateIndex
CREATE INDEX "jobs_dataset_id_idx" ON "jobs"("dataset_id");

-- CreateIndex
CREATE INDEX "jobs_status_idx" ON "jobs"("status");

-- CreateIndex
CREATE INDEX "metrics_job_id_batch_idx" ON "metrics"("job_id", "batch");

-- CreateIndex
CREATE INDEX "checkpoints_job_id_step_idx" ON "checkpoints"("job_id", "step");

-- CreateIndex
CREATE INDEX "checkpoints_sha256_idx" ON "checkpoints"("sha256");

-- CreateIndex
CREATE INDEX "artifacts_sha256_idx" ON "artifacts"("sha256");

-- CreateIndex
CREATE UNIQUE INDEX "artifacts_job_id_kind_file_name_key" ON "artifacts"("job_id", "kind", "file_name");

-- CreateIndex
CREATE INDEX "models_project_id_idx" ON "models"("project", "id" DESC);

-- CreateIndex
CREATE INDEX "models_job_id_idx" ON "models"("job_id");

-- CreateIndex
CREATE INDEX "models_checkpoint_id_idx" ON "models"("checkpoint_id");

-- CreateIndex
CREATE INDEX "models_sha256_idx" ON "models"("sha256");

-- CreateIndex
CREATE INDEX "predictions_model_id_idx" ON "predictions"("model_id");

-- CreateIndex
CREATE INDEX "predictions_created_at_idx" ON "predictions"("created_at");

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- AddForeignKey
ALTER TABLE "dataset_blobs" ADD CONSTRAINT "dataset_blobs_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_counters" ADD CONSTRAINT "job_counters_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_events" ADD CONSTRAINT "job_events_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metrics" ADD CONSTRAINT "metrics_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "evaluations" ADD CONSTRAINT "evaluations_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "models" ADD CONSTRAINT "models_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "models" ADD CONSTRAINT "models_checkpoint_id_fkey" FOREIGN KEY ("checkpoint_id") REFERENCES "checkpoints"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "predictions" ADD CONSTRAINT "predictions_model_id_fkey" FOREIGN KEY ("model_id") REFERENCES "models"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say. --------------------------------------------------------------------------------------

ALTER TABLE "datasets"
    ADD CONSTRAINT "datasets_project_check" CHECK ("project" ~ '^[a-z][a-z0-9-]{0,62}$'),
    ADD CONSTRAINT "datasets_status_check" CHECK ("status" IN ('uploading', 'ingesting', 'ready', 'refused', 'failed')),
    ADD CONSTRAINT "datasets_fit_check" CHECK ("fit" IN ('crop', 'contain', 'stretch')),
    ADD CONSTRAINT "datasets_channels_check" CHECK ("channels" IN (1, 3)),
    ADD CONSTRAINT "datasets_upload_bytes_check" CHECK ("upload_bytes" >= 0),
    ADD CONSTRAINT "datasets_ready_check" CHECK ("status" <> 'ready' OR "manifest" IS NOT NULL),
    ADD CONSTRAINT "datasets_failed_check" CHECK (("status" = 'failed') = ("failure" IS NOT NULL));

ALTER TABLE "jobs"
    ADD CONSTRAINT "jobs_project_check" CHECK ("project" ~ '^[a-z][a-z0-9-]{0,62}$'),
    ADD CONSTRAINT "jobs_status_check" CHECK ("status" IN ('queued', 'running', 'pausing', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled')),
    ADD CONSTRAINT "jobs_stop_reason_check" CHECK ("stop_reason" IN ('completed', 'early_stopping', 'pruned', 'time_limit')),
    ADD CONSTRAINT "jobs_cancel_mode_check" CHECK ("cancel_mode" IN ('graceful', 'now')),
    ADD CONSTRAINT "jobs_queue_check" CHECK ("queue" ~ '^train\.[a-z0-9]+$'),
    ADD CONSTRAINT "jobs_attempt_check" CHECK ("attempt" >= 0 AND ("status" NOT IN ('running', 'cancelling') OR "attempt" > 0)),
    ADD CONSTRAINT "jobs_ended_check" CHECK (("status" IN ('succeeded', 'failed', 'cancelled')) = ("ended_at" IS NOT NULL)),
    ADD CONSTRAINT "jobs_succeeded_check" CHECK (("status" = 'succeeded') = ("stop_reason" IS NOT NULL)),
    ADD CONSTRAINT "jobs_failed_check" CHECK (("status" = 'failed') = ("failure" IS NOT NULL)),
    ADD CONSTRAINT "jobs_transitions_check" CHECK (jsonb_typeof("transitions") = 'array');

ALTER TABLE "job_events"
    ADD CONSTRAINT "job_events_sequence_check" CHECK ("sequence" >= 1),
    ADD CONSTRAINT "job_events_level_check" CHECK ("level" IN ('debug', 'info', 'warning', 'error'));

ALTER TABLE "metrics" ADD CONSTRAINT "metrics_step_check" CHECK ("step" >= 0);

ALTER TABLE "checkpoints"
    ADD CONSTRAINT "checkpoints_roles_check" CHECK ("roles" <@ ARRAY['best', 'last']),
    ADD CONSTRAINT "checkpoints_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$');

ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$');

ALTER TABLE "models"
    ADD CONSTRAINT "models_project_check" CHECK ("project" ~ '^[a-z][a-z0-9-]{0,62}$'),
    ADD CONSTRAINT "models_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$');

ALTER TABLE "predictions"
    ADD CONSTRAINT "predictions_status_check" CHECK ("status" IN ('queued', 'running', 'done')),
    ADD CONSTRAINT "predictions_done_check" CHECK (("status" = 'done') = ("finished_at" IS NOT NULL) AND ("status" = 'done') = ("results" IS NOT NULL OR "error" IS NOT NULL));

-- A hint to whoever waits for a change; the reader then reads the row.
CREATE FUNCTION "ravine_notify"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ravine_' || TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[1]);
    RETURN NULL;
END
$$;

CREATE TRIGGER "datasets_notify" AFTER INSERT OR UPDATE ON "datasets"
    FOR EACH ROW EXECUTE FUNCTION "ravine_notify"('dataset', 'id');
CREATE TRIGGER "jobs_notify" AFTER INSERT OR UPDATE ON "jobs"
    FOR EACH ROW EXECUTE FUNCTION "ravine_notify"('job', 'id');
CREATE TRIGGER "job_counters_notify" AFTER UPDATE OF "last_event" ON "job_counters"
    FOR EACH ROW EXECUTE FUNCTION "ravine_notify"('job', 'job_id');
CREATE TRIGGER "predictions_notify" AFTER INSERT OR UPDATE ON "predictions"
    FOR EACH ROW EXECUTE FUNCTION "ravine_notify"('prediction', 'id');
