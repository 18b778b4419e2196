import { describeError } from '../cli/describe-error.js';
import { exitCode } from '../cli/exit-code.js';
import { processIo } from '../cli/process-io.js';
import { createClient } from '../client.js';
import { type DemoDatasetName, demoDataset } from './datasets.js';
import { predict, provideDataset, requireEngine, train } from './steps.js';

export interface DemoOptions {
  url: string;
  dataset: DemoDatasetName;
  /** Default: as many as it takes to show something. */
  epochs: number | undefined;
  /** Date.now() when the whole demo began. */
  startedMs: number;
  env: Record<string, string | undefined>;
  /** Whether the service goes on running after the demo. */
  keeps: boolean;
}

/** A slow machine stops here and shows what it has learned so far; who asks for epochs gets them all. */
const MAX_MINUTES = 2.9;

/** To a tenth. */
const seconds = (exact: number) => Math.round(exact * 10) / 10;

/** Everything a newcomer sees, through the API alone. Resolves with the exit code; the last line on stdout is JSON. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const io = processIo(options.env);
  const client = createClient({ baseUrl: options.url, apiKey: options.env.RAVINE_API_KEY });
  const demo = { client, io, say: (line: string) => io.out(`${line}\n`) };
  try {
    await requireEngine(demo);
    const chosen = await demoDataset(options.dataset);
    const dataset = await provideDataset(demo, chosen);
    const length = options.epochs === undefined ? chosen : { ...chosen, epochs: options.epochs };
    const job = await train(demo, dataset.id, length, options.epochs === undefined ? MAX_MINUTES : null);
    await predict(demo, job, chosen);
    const look = `${options.url}/v1/jobs/${job.id}`;
    demo.say(
      options.keeps
        ? `\nLook further: ${look} (documentation: ${options.url}/docs)`
        : `\nLook further: npm start, then ${look} (documentation: ${options.url}/docs)`,
    );
    const result = {
      jobId: job.id,
      status: job.status,
      epochs: job.progress?.epoch ?? job.recipe.epochs,
      testAccuracy: job.testAccuracy,
      trainSeconds: seconds(job.trainSeconds ?? 0),
      totalSeconds: seconds((Date.now() - options.startedMs) / 1000),
      engine: job.engine,
      device: job.device,
    };
    io.out(`${JSON.stringify(result)}\n`);
    return exitCode.ok;
  } catch (error) {
    if (io.signal.aborted) return exitCode.interrupted;
    io.err(`${describeError(error)}\n`);
    return exitCode.failed;
  }
}
