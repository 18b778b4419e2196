import { eventually } from '../cluster/patience.js';
import { cuttable, points } from '../inject/points.mjs';
import { killingAlone } from '../kill-lock.js';
import { type Planned, planFaults } from '../plan.js';
import type { Scenario, Stage } from '../scenario.js';
import { createTraffic, type Traffic, within } from '../traffic.js';

/** What makes a cluster pass the points of a label; all others are passed by every job. */
const TRAFFIC: Record<string, keyof Traffic> = {
  'dataset-insert': 'upload',
  blob: 'upload',
  'ingest-claim': 'upload',
  'ingest-finish': 'upload',
  'dataset-copy': 'upload',
  'prediction-insert': 'predict',
  'prediction-claim': 'predict',
  'prediction-finish': 'predict',
  cancel: 'cancel',
  pause: 'pause',
  resume: 'pause',
  'hand-back': 'handBack',
  'send-stopped': 'handBack',
  resumed: 'handBack',
  'resume-copy': 'handBack',
};

/** How long a point may take to be passed; the machine may be busy. */
const PASS_MS = 60_000;
/** What was to pass it may be held up behind other jobs, or be hit by an earlier fault: then it is sent once more. */
const TRIES = 4;

/** Everything once, with nothing done to it: so that no point is dead, and the results are those to compare with. */
async function tour(stage: Stage): Promise<void> {
  await stage.undisturbed(['short', 'steady']);
  const traffic = createTraffic(stage);
  await Promise.all([traffic.upload(), traffic.predict()]);
  await traffic.cancel();
  await traffic.pause();
  await traffic.handBack();
  const missing = async (): Promise<string[]> => {
    const passed = await stage.cluster.faults.passed();
    return points.filter((point) => !passed.has(point));
  };
  await eventually(async () => ((await missing()).length === 0 ? true : null), PASS_MS);
  for (const point of await missing())
    stage.violation({
      check: 'points',
      expected: `${point} is passed by an undisturbed cluster`,
      found: 'never',
    });
}

/** Kills whoever passes the point first, or cuts its connection there. */
async function strike(
  stage: Stage,
  { point, action }: Planned,
  traffic: Traffic,
  requests: Promise<unknown>[],
): Promise<void> {
  const { cluster, fault } = stage;
  await Promise.all([cluster.api, ...cluster.workers].map((slot) => slot.ready()));
  await cluster.faults.arm(point, action);
  const [, label = ''] = point.split(':');
  const fired = async (): Promise<boolean> =>
    (await cluster.faults.fired()).some((one) => one.point === point && one.action === action);
  for (let tries = 0; tries < TRIES && !(await fired()); tries += 1) {
    requests.push(traffic[TRAFFIC[label] ?? 'job']());
    await within(PASS_MS, fired);
  }
  if (await cluster.faults.disarm(point)) {
    stage.violation({ check: 'points', expected: `${point} is passed`, found: 'never' });
    return;
  }
  fault(`${action === 'kill' ? 'kill -9' : 'connection cut'} at ${point}`);
}

export const crashPoints: Scenario = {
  name: 'points',
  title:
    'kill -9, and connections cut, at named durable steps of API, worker and training process: nothing lost, nothing twice',
  queues: ['postgres', 'redis'],
  async run(stage) {
    await tour(stage);
    const traffic = createTraffic(stage);
    const requests: Promise<unknown>[] = [];
    // Callers of a killed API wait for its lock on their key to run out, while the workers are killed.
    for (const planned of planFaults({ points, cuttable }, stage)) {
      const work = () => strike(stage, planned, traffic, requests);
      await (planned.point.startsWith('child:') ? killingAlone(work) : work());
    }
    await Promise.all(requests);
  },
};
