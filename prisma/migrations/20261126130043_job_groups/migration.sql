-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "group_id" TEXT,
ADD COLUMN     "group_place" INTEGER;

-- CreateTable
CREATE TABLE "job_groups" (
    "id" TEXT NOT NULL,
    "project" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "plan" JSONB NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_groups_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "job_groups_project_id_idx" ON "job_groups"("project", "id" DESC);

-- CreateIndex
CREATE INDEX "jobs_group_id_group_place_idx" ON "jobs"("group_id", "group_place");

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "job_groups"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
