import { z } from 'zod';

/** Crockford base32 without look-alikes; ids are `<prefix>_<26 characters>` and sort by time of creation. */
const id = <P extends string>(prefix: P, what: string) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`),
      `must be the id of a ${what}, like ${prefix}_01j9…`,
    )
    .describe(`Id of a ${what}`);

export const DatasetId = id('ds', 'dataset');
export const JobId = id('job', 'job');
export const GroupId = id('grp', 'group');
export const CheckpointId = id('ckpt', 'checkpoint');
export const ArtifactId = id('art', 'artifact');
export const ModelId = id('mdl', 'model');
export const WorkerId = id('wkr', 'worker');

export type IdPrefix = 'ds' | 'job' | 'grp' | 'ckpt' | 'art' | 'mdl' | 'pred' | 'wkr' | 'req';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A new id: 48 bits of milliseconds and 80 random bits (ULID layout), lower case. */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `${prefix}_${time}${Array.from(random, (byte) => ALPHABET[byte % 32]).join('')}`;
}
