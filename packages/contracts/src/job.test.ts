import { expect, test } from 'vitest';
import {
  CreateModel,
  isTerminal,
  JobStatus,
  jobStatuses,
  jobTransitions,
  jobVerbs,
  Labels,
  liveStatuses,
  Name,
  releasedTo,
  verbMoves,
  verbsFrom,
} from './index.js';

test('every status can be reached, and is terminal exactly when nothing may follow it', () => {
  const reached = new Set(['queued', ...Object.values(jobTransitions).flat()]);
  for (const status of jobStatuses) {
    expect(reached).toContain(status);
    expect(isTerminal(status), status).toBe(jobTransitions[status].length === 0);
  }
  for (const next of Object.values(jobTransitions).flat()) expect(JobStatus.options).toContain(next);
});

test('names and labels hold nothing that cannot be stored', () => {
  expect(Name.parse('  a name 🙂 ')).toBe('a name 🙂');
  for (const bad of ['', '   ', 'a\u0000', 'a\nb', 'x'.repeat(121)])
    expect(Name.safeParse(bad).success).toBe(false);
  expect(Labels.safeParse({ owner: 'ada', empty: '' }).success).toBe(true);
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, '']));
  for (const bad of [
    { '': 'a' },
    { a: '\u0000' },
    { '\ud800': 'a' },
    { a: 1 },
    { a: 'x'.repeat(257) },
    many,
  ]) {
    expect(Labels.safeParse(bad).success).toBe(false);
  }
});

test('a model is made of a checkpoint or of a job, not of both and not of nothing', () => {
  const jobId = 'job_01m84fxdg0spkagcy54eefzrfp';
  const checkpointId = 'ckpt_01m84fzh442wc34gts2ed2vrn1';
  expect(CreateModel.safeParse({ jobId }).success).toBe(true);
  expect(CreateModel.safeParse({ checkpointId }).success).toBe(true);
  expect(CreateModel.safeParse({}).success).toBe(false);
  expect(CreateModel.safeParse({ jobId, checkpointId }).success).toBe(false);
});

test('a verb leads only where a job may go, and says so', () => {
  for (const verb of jobVerbs)
    for (const [from, to] of Object.entries(verbMoves[verb]) as [JobStatus, JobStatus][])
      if (from !== to) expect(jobTransitions[from], `${verb} ${from}`).toContain(to);
  expect(verbsFrom('running')).toEqual(['cancel', 'pause', 'fork']);
  expect(verbsFrom('paused')).toEqual(['cancel', 'resume', 'fork']);
  for (const status of jobStatuses.filter(isTerminal)) expect(verbsFrom(status)).toEqual(['fork']);
  for (const status of liveStatuses) expect(jobTransitions[status]).toContain(releasedTo[status]);
});
