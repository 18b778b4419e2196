import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idx, tar, tarGz, zip } from '../test/archives.js';
import { ingestBytes, readyOf } from '../test/harness.js';
import { classFolders, noise } from '../test/images.js';

const files = [
  ...(await classFolders(['cat', 'dog', 'elk'], 4, 'train/')),
  ...(await classFolders(['cat', 'dog', 'elk'], 2, 'test/', 5000)),
  { name: 'train/cat/bad.png', content: Buffer.from('bad') },
];

const uploads = [
  { upload: zip(files) },
  { upload: await tar(files) },
  { upload: await tarGz(files) },
  { images: idx([4, 2, 2], noise(16, 1)), labels: idx([4], Buffer.from([0, 1, 0, 1])) },
];

// Hundreds of ingests: slow on a busy machine.
describe('the packed dataset', () => {
  it('does not depend on the order in the archive, nor on how much runs side by side', async () => {
    const expected = await readyOf({ upload: zip(files) });
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(files, { minLength: files.length }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(zip, tar, tarGz),
        async (shuffled, concurrency, archive) => {
          const { manifest, report } = await readyOf({ upload: await archive(shuffled) }, { concurrency });
          expect(manifest).toEqual(expected.manifest);
          expect({ ...report, source: null }).toEqual({ ...expected.report, source: null });
        },
      ),
      { numRuns: 20, seed: 7 },
    );
  });

  it('is ready or refused with a reason, never a fault, whatever is damaged', async () => {
    const damage = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...uploads), fc.nat(1), damage, async (upload, which, changes) => {
        const bytes = Object.entries(upload).map(([name, content]) => [name, Buffer.from(content)] as const);
        const target = bytes[which % bytes.length]![1];
        for (const [place, value] of changes) target[Math.floor(place * target.length)] = value;
        const { result } = await ingestBytes(Object.fromEntries(bytes));
        expect(result.report.errors.length).toBe(result.status === 'ready' ? 0 : 1);
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  it('is a fault, not a refusal, when the folder cannot be written', async () => {
    await expect(ingestBytes({ upload: zip(files) }, { into: '/nonexistent/folder' })).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
