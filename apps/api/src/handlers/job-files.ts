import { AppError } from '@ravine/contracts';
import type { HandlersOf } from '../contract.js';
import type { Services } from '../services.js';
import { findJob, jobNotFound } from './jobs.js';

type Names =
  | 'getLineage'
  | 'listCheckpoints'
  | 'downloadCheckpoint'
  | 'listArtifacts'
  | 'downloadArtifact'
  | 'getEvaluation';

/** What a job leaves behind. */
export function createJobFileHandlers(services: Services): HandlersOf<Names> {
  const { checkpoints, artifacts, evaluations } = services.database;
  return {
    async getLineage({ params: { jobId } }, { project }) {
      const lineage = await services.database.jobs.lineage(project, jobId);
      if (!lineage) throw jobNotFound(jobId);
      return lineage;
    },

    async listCheckpoints({ params: { jobId } }, { project }) {
      const data = await checkpoints.list(project, jobId);
      if (!data) throw jobNotFound(jobId);
      return { object: 'list', data };
    },

    async downloadCheckpoint({ params: { jobId, checkpointId } }, context) {
      await findJob(services, context, jobId);
      const found = await checkpoints.get(context.project, jobId, checkpointId);
      if (!found) {
        const detail = `The job ${jobId} has no checkpoint ${checkpointId}; a newer one may have taken its place`;
        throw new AppError('checkpoint_not_found', { detail });
      }
      return { kind: 'blob', key: found.sha256, fileName: `${checkpointId}.safetensors` };
    },

    async listArtifacts({ params: { jobId } }, { project }) {
      const data = await artifacts.list(project, jobId);
      if (!data) throw jobNotFound(jobId);
      return { object: 'list', data };
    },

    async downloadArtifact({ params: { jobId, artifactId } }, context) {
      await findJob(services, context, jobId);
      const found = await artifacts.get(context.project, jobId, artifactId);
      if (!found) {
        throw new AppError('artifact_not_found', {
          detail: `The job ${jobId} has no artifact ${artifactId}`,
        });
      }
      const { sha256: key, fileName, contentType } = found;
      return { kind: 'blob', key, fileName, contentType };
    },

    async getEvaluation({ params: { jobId } }, context) {
      const job = await findJob(services, context, jobId);
      const evaluation = await evaluations.get(context.project, jobId);
      if (!evaluation) {
        throw new AppError('evaluation_not_found', {
          detail: job.terminal
            ? `The job ended as ${job.status} without an evaluation`
            : `The job is ${job.status}; the evaluation comes at its end`,
          data: { status: job.status },
        });
      }
      return evaluation;
    },
  };
}
