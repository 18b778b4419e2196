/**
 * The engine's side of a row, a process of its own. Answers requests, one JSON value a line.
 *   {network, precision, batch, augment, threads}  opens a session and warms up → {msPerStep}
 *   {steps: n}                                     trains at least n steps      → {msPerStep, loss}
 *   {}                                             ends                         → {peakMiB, eventLoopMaxMs}
 * Steps are planned and computed as the trainer does it: shuffled order and augmentation draws made in JavaScript, many
 * steps per call, uint8 images, the full step with normalisation, loss, clipping and update.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { loadTorchEngine } from '@ravine/engine-torch';
import { initialState } from '@ravine/training';
import { peakMiB } from './peak-memory.mjs';
import { createPlans, prepare } from './programs.mjs';

const { engine, reason } = loadTorchEngine();
if (engine === null) throw new Error(reason);
/** Longest delay of the event loop while it trained; in the peer's turns both cores are the peer's. */
let eventLoopMaxMs = 0;

async function watchingEventLoop(work) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const result = await work();
  delays.disable();
  eventLoopMaxMs = Math.max(eventLoopMaxMs, delays.max / 1e6);
  return result;
}

async function open(request) {
  const { recipe, program, data } = prepare(request, { augment: request.augment });
  const session = await engine.open(program, data, { device: 'cpu', threads: request.threads });
  await session.restore(initialState(program, 0));
  const plans = createPlans(recipe, program, data.splits.train.count);
  return async (wanted) => {
    let done = 0;
    let loss = 0;
    const began = performance.now();
    while (done < wanted) {
      const stats = await session.train(plans(wanted - done));
      if (stats.nonFinite)
        throw new Error(`the ${stats.nonFinite.what} of step ${stats.nonFinite.step} is not finite`);
      done += stats.steps;
      loss = stats.losses.at(-1);
    }
    return { msPerStep: (performance.now() - began) / done, loss };
  };
}

let train = null;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer = null;
  if (request.network) {
    train = await open(request);
    await train(3);
    answer = await train(2);
  } else if (request.steps) answer = await watchingEventLoop(() => train(request.steps));
  else answer = { peakMiB: peakMiB(), eventLoopMaxMs };
  console.log(JSON.stringify(answer));
  if (!request.network && !request.steps) process.exit(0);
}
