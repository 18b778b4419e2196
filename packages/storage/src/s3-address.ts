import { z } from 'zod';
import { StorageError } from './error.js';

/** Where in an S3 service the blobs are. */
export interface S3Address {
  bucket: string;
  /** '' or text that ends in '/'. */
  prefix: string;
  endpoint: string | undefined;
  region: string;
  forcePathStyle: boolean;
}

const Query = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  region: z.string().min(1).optional(),
  forcePathStyle: z.enum(['true', 'false'], { error: "must be 'true' or 'false'" }).optional(),
});

/** Reads `s3://bucket/prefix?endpoint=…&region=…&forcePathStyle=…`. Credentials in the URL are refused: URLs are logged. */
export function parseS3Address(url: URL): S3Address {
  const bucket = url.hostname;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw invalid(`bucket "${bucket}" must have 3 to 63 lower-case letters, digits, dots or hyphens`);
  }
  const parsed = Query.safeParse(Object.fromEntries(url.searchParams));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`);
    throw invalid(`${issues.join('; ')} (known: endpoint, region, forcePathStyle)`);
  }
  const { endpoint, region = 'us-east-1', forcePathStyle } = parsed.data;
  if (
    url.username ||
    url.password ||
    (endpoint && (new URL(endpoint).username || new URL(endpoint).password))
  ) {
    throw invalid('credentials do not belong in the URL; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  const path = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  return {
    bucket,
    prefix: path && `${path}/`,
    endpoint,
    region,
    forcePathStyle: forcePathStyle ? forcePathStyle === 'true' : endpoint !== undefined,
  };
}

function invalid(rule: string): StorageError {
  return new StorageError('invalid_url', `storage URL: ${rule}`);
}
