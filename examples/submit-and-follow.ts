// Trains on the generated shapes with the TypeScript SDK: upload, plan, submit, follow, predict.
// Use: npx tsx examples/submit-and-follow.ts     (a service must be running: npm start)
import { createClient, fileOfBytes, RavineError } from '@ravine/client';
import { shapesFields, shapesFile } from '@ravine/client/node';

const client = createClient({ baseUrl: process.env.RAVINE_URL, apiKey: process.env.RAVINE_API_KEY });

async function main() {
  const upload = await client.datasets.create(shapesFields('shapes'), [shapesFile()]);
  const dataset = await client.datasets.ready(upload.id);
  if (dataset.status !== 'ready')
    throw new Error(`${dataset.status}: ${JSON.stringify(dataset.report?.errors)}`);
  console.log(`dataset ${dataset.id}: ${dataset.splits?.train?.count} training images`);

  const recipe = { preset: 'shapes', dataset: dataset.id } as const;
  const plan = await client.jobs.plan({ recipe });
  console.log(`plan: ${plan.totalSteps} steps, ${plan.parameterCount} parameters`);

  const { id } = await client.jobs.create({ recipe });
  console.log(`job ${id}`);
  for await (const { at, message } of client.jobs.watch(id)) console.log(`  ${at.slice(11, 19)} ${message}`);
  const job = await client.jobs.get(id);
  if (job.status !== 'succeeded') throw new Error(`the job ${job.status}: ${job.failure?.message}`);

  const model = await client.models.create({ jobId: id });
  const [sample] = (await client.datasets.samples(dataset.id, { split: 'test', limit: 1 })).data;
  if (!sample) throw new Error('the dataset has no test images');
  const png = await client.datasets.sample(dataset.id, sample.split, sample.index);
  const image = fileOfBytes('sample.png', new Uint8Array(await png.arrayBuffer()));
  const { results } = await client.models.predict(model.id, [image], { topK: 1 });
  const best = results[0]?.classes?.[0];
  console.log(`model ${model.id}: a ${sample.class} is classified as ${best?.class} (${best?.probability})`);
  console.log(`test accuracy ${job.testAccuracy}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  if (error instanceof RavineError)
    for (const { pointer, message } of error.errors) console.error(`  ${pointer}: ${message}`);
  process.exitCode = 1;
});
