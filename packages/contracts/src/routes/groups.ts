import { z } from 'zod';
import { CancelGroup, CreateGroup, Group, GroupPage, GroupQuery, ListGroupsQuery } from '../group.js';
import { GroupId } from '../ids.js';
import type { RouteContract } from './contract.js';

const groupParams = z.strictObject({ groupId: GroupId });

/** Jobs that belong together: replicates over seeds, folds of cross-validation. */
export const groupRoutes = {
  createGroup: {
    method: 'POST',
    path: '/v1/groups',
    tag: 'jobs',
    summary: 'Submit several jobs of one recipe: replicates over seeds, or the folds of cross-validation',
    body: CreateGroup,
    example: {
      name: 'five seeds',
      recipe: { dataset: 'ds_01m84fwk6s24v8p1t5yw4errvq', preset: 'fashion-cnn' },
      plan: { kind: 'replicates', count: 5 },
    },
    response: { status: 201, body: Group },
    errors: ['dataset_not_found', 'dataset_not_ready', 'recipe_invalid', 'engine_unavailable'],
  },
  listGroups: {
    method: 'GET',
    path: '/v1/groups',
    tag: 'jobs',
    summary: 'List groups, newest first',
    query: ListGroupsQuery,
    response: { status: 200, body: GroupPage },
    errors: [],
  },
  getGroup: {
    method: 'GET',
    path: '/v1/groups/{groupId}',
    tag: 'jobs',
    summary: 'Get a group: its jobs, and mean, standard deviation and interval of each final metric',
    params: groupParams,
    query: GroupQuery,
    response: { status: 200, body: Group },
    errors: ['group_not_found'],
  },
  cancelGroup: {
    method: 'POST',
    path: '/v1/groups/{groupId}/cancel',
    tag: 'jobs',
    summary: 'Cancel every job of a group that has not ended',
    params: groupParams,
    body: CancelGroup,
    example: { mode: 'graceful' },
    response: { status: 202, body: Group },
    errors: ['group_not_found'],
  },
} as const satisfies Record<string, RouteContract>;
