-- AlterTable
ALTER TABLE "predictions" ADD COLUMN     "combination" TEXT NOT NULL DEFAULT 'probabilities',
ADD COLUMN     "members" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "test_time_augmentation" TEXT NOT NULL DEFAULT 'none';
