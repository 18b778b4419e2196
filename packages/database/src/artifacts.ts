import type { Artifact } from '@ravine/contracts';
import type pg from 'pg';
import { lockBlobs, unreferenced } from './blobs.js';
import { requireAttempt } from './fence.js';
import type { Artifact as ArtifactRow, PrismaClient } from './generated/client.js';
import { first, insert, text, transaction } from './sql.js';

export type NewArtifact = Pick<Artifact, 'id' | 'kind' | 'fileName' | 'contentType' | 'sha256' | 'bytes'>;

export interface Artifacts {
  /**
   * Replaces an artifact of the same kind and file name, which an earlier attempt left; `superseded` is its
   * blob when nothing names it any more. Fenced: throws StaleAttempt.
   */
  record(jobId: string, attempt: number, artifact: NewArtifact): Promise<{ superseded: string[] }>;
  /** Oldest first; null when there is no such job. */
  list(project: string, jobId: string): Promise<Artifact[] | null>;
  get(project: string, jobId: string, id: string): Promise<Artifact | null>;
}

export function createArtifacts(pool: pg.Pool, prisma: PrismaClient): Artifacts {
  return {
    record: (jobId, attempt, artifact) =>
      transaction(pool, async (client) => {
        await requireAttempt(client, jobId, attempt);
        await lockBlobs(client, [artifact.sha256]);
        const before = await first<{ sha256: string }>(
          client,
          'delete from artifacts where job_id = $1 and kind = $2 and file_name = $3 returning sha256',
          [jobId, text(artifact.kind), text(artifact.fileName)],
        );
        await insert(client, 'artifacts', {
          id: artifact.id,
          job_id: jobId,
          attempt,
          kind: text(artifact.kind),
          file_name: text(artifact.fileName),
          content_type: text(artifact.contentType),
          sha256: artifact.sha256,
          bytes: artifact.bytes,
        });
        return { superseded: before === null ? [] : await unreferenced(client, [before.sha256]) };
      }),

    async list(project, jobId) {
      const job = await prisma.job.findFirst({
        where: { id: jobId, project },
        select: { artifacts: { orderBy: { id: 'asc' } } },
      });
      return job === null ? null : job.artifacts.map(artifactView);
    },

    async get(project, jobId, id) {
      const row = await prisma.artifact.findFirst({ where: { id, jobId, job: { project } } });
      return row === null ? null : artifactView(row);
    },
  };
}

function artifactView(row: ArtifactRow): Artifact {
  return {
    object: 'artifact',
    id: row.id,
    jobId: row.jobId,
    kind: row.kind,
    fileName: row.fileName,
    contentType: row.contentType,
    sha256: row.sha256,
    bytes: Number(row.bytes),
    createdAt: row.createdAt.toISOString(),
    url: `/v1/jobs/${row.jobId}/artifacts/${row.id}/content`,
  };
}
