import { newId } from '@ravine/contracts';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pixelOf, readyDataset, testApi } from '../../support/api.js';

let api: Awaited<ReturnType<typeof testApi>>;
let datasetId: string;
beforeAll(async () => {
  api = await testApi();
  datasetId = (await readyDataset(api)).dataset.id;
});
afterAll(() => api?.close());

const ask = (payload: object, id = datasetId, headers = {}) =>
  api.app.inject({ method: 'POST', url: `/v1/datasets/${id}/preview`, payload, headers });

/** The first byte of each tile, row by row; every sample of the dataset has one byte throughout. */
async function tilesOf(png: Buffer): Promise<number[][]> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect((await sharp(png).metadata()).channels).toBe(1);
  return Array.from({ length: info.height / 8 }, (_, row) =>
    Array.from({ length: info.width / 8 }, (_, column) => {
      const bytes = Array.from({ length: 64 }, (_, i) => {
        const [y, x] = [8 * row + Math.floor(i / 8), 8 * column + (i % 8)];
        return data[(y * info.width + x) * info.channels] as number;
      });
      expect(new Set(bytes).size).toBe(1);
      return bytes[0] as number;
    }),
  );
}

test('without augmentation every row is its sample', async () => {
  const answer = await ask({ augmentation: [], firstSample: 3, samples: 5, epochs: 2 });
  expect(answer.statusCode, answer.body.slice(0, 300)).toBe(200);
  expect(answer.headers['content-type']).toBe('image/png');
  expect(await tilesOf(answer.rawPayload)).toEqual([3, 4, 5, 6, 7].map((i) => [pixelOf(i), pixelOf(i)]));
});

test('operations, mixes and the seed show; rows end where the split ends', async () => {
  const invert = await ask({
    augmentation: [{ kind: 'invert', probability: 1 }],
    firstSample: 10,
    epochs: 1,
  });
  expect(await tilesOf(invert.rawPayload)).toEqual([[255 - pixelOf(10)], [255 - pixelOf(11)]]);
  const mixed = { augmentation: [{ kind: 'mixup', alpha: 1 }], samples: 4, epochs: 4 };
  const bytes = (await tilesOf((await ask(mixed)).rawPayload)).flat();
  expect(bytes.some((byte) => ![0, 1, 2, 3].map(pixelOf).includes(byte))).toBe(true);
  for (const byte of bytes) expect(byte >= pixelOf(0) && byte <= pixelOf(3)).toBe(true);
  const light = { augmentation: [{ kind: 'brightness' }], firstSample: 8 };
  const seed = async (value: number) => (await ask({ ...light, seed: value })).rawPayload;
  expect((await seed(1)).equals(await seed(1))).toBe(true);
  expect((await seed(1)).equals(await seed(2))).toBe(false);
});

test('a preset shows its own augmentation, and an Idempotency-Key does no harm', async () => {
  const headers = { 'idempotency-key': 'the-same' };
  const first = await ask({ preset: 'shapes' }, datasetId, headers);
  expect(first.statusCode, first.body.slice(0, 300)).toBe(200);
  expect((await ask({ preset: 'shapes', seed: 1 }, datasetId, headers)).statusCode).toBe(200);
});

test.each([
  [{}, '/augmentation'],
  [{ augmentation: [], preset: 'shapes' }, '/augmentation'],
  [{ augmentation: [{ kind: 'sepia' }] }, '/augmentation/0/kind'],
  [{ augmentation: [{ kind: 'random-crop', padding: 8 }] }, '/augmentation/0/padding'],
  [{ augmentation: [{ kind: 'mixup' }, { kind: 'invert' }] }, '/augmentation/1'],
  [{ preset: 'shapes', samples: 9, epochs: 8 }, '/epochs'],
  [{ preset: 'shapes', samples: 65 }, '/samples'],
  [{ preset: 'shapes', firstSample: 12 }, '/firstSample'],
])('%j is refused at %s', async (body, pointer) => {
  expect((await ask(body)).json()).toMatchObject({
    status: 422,
    errors: expect.arrayContaining([expect.objectContaining({ pointer })]),
  });
});

test('an image of more than 4 million pixels is refused, and so is a dataset that is not there', async () => {
  const { dataset } = await readyDataset(api);
  await api.database.pool.query(
    `update datasets set manifest = manifest || '{"height": 1024, "width": 1024}' where id = $1`,
    [dataset.id],
  );
  const large = await ask({ preset: 'shapes' }, dataset.id);
  expect(large.json()).toMatchObject({
    status: 422,
    errors: [{ pointer: '/samples', message: expect.stringContaining('at most 3 tiles of 1024×1024') }],
  });
  expect((await ask({ preset: 'shapes' }, newId('ds'))).json()).toMatchObject({
    status: 404,
    code: 'dataset_not_found',
  });
});
