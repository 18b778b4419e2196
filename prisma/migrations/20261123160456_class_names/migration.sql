-- AlterTable
ALTER TABLE "datasets" ADD COLUMN     "class_names" JSONB;
