import type { Group } from '@ravine/contracts';
import { itemsOf } from '../pages.js';
import { sleep } from '../retry.js';
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.js';

/** Jobs of a group end after minutes or hours. */
const LOOK_MS = 2000;

export interface GroupEndedOptions extends CallOptions {
  onProgress?: ((group: Group) => void) | undefined;
}

export function createGroups({ json }: Transport) {
  const list = (query: QueryOf<'listGroups'> = {}, call?: CallOptions) => json('listGroups', { query }, call);
  const get = (groupId: string, query: QueryOf<'getGroup'> = {}, call?: CallOptions) =>
    json('getGroup', { params: { groupId }, query }, call);
  return {
    /** Submits the jobs of a plan: replicates over seeds, or the folds of cross-validation. */
    create: (body: BodyOf<'createGroup'>, call?: CallOptions) => json('createGroup', { body }, call),
    list,
    all: (query: QueryOf<'listGroups'> = {}, call?: CallOptions) =>
      itemsOf((cursor) => list({ ...query, cursor: cursor ?? query.cursor }, call)),
    /** With its jobs and statistics of what they have reached so far. */
    get,
    cancel: (groupId: string, body: BodyOf<'cancelGroup'> = {}, call?: CallOptions) =>
      json('cancelGroup', { params: { groupId }, body }, call),
    /** Resolves with the group once every job has ended. */
    async ended(groupId: string, { onProgress, ...call }: GroupEndedOptions = {}): Promise<Group> {
      for (;;) {
        const group = await get(groupId, {}, call);
        onProgress?.(group);
        if (group.terminal) return group;
        await sleep(LOOK_MS, call.signal);
      }
    },
  };
}
