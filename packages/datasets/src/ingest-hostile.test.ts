import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type TarEntry, tar, tarGz, type ZipEntry, zip } from '../test/archives.js';
import { readyOf, refusalOf } from '../test/harness.js';
import { classFolders, noise, png } from '../test/images.js';

const good = await classFolders(['cat', 'dog'], 6);
const image = await png(77);
const zipWith = (...entries: ZipEntry[]) => zip([...good, ...entries]);

describe('an archive that is broken or hostile is refused', () => {
  it.each<[string, ZipEntry, string]>([
    ['a path that leaves its folder', { name: 'cat/../../evil.png', content: image }, 'unsafe_path'],
    ['an absolute path', { name: '/etc/evil.png', content: image }, 'unsafe_path'],
    ['a drive letter', { name: 'C:/cat/evil.png', content: image }, 'unsafe_path'],
    ['a backslash', { name: 'cat\\..\\evil.png', content: image }, 'unsafe_path'],
    ['a NUL', { name: 'cat/a.png\0.txt', content: image }, 'invalid_name'],
    ['a terminal escape of one character', { name: 'cat/a\u009b31m.png', content: image }, 'invalid_name'],
    ['a line break', { name: 'cat/a\n.png', content: image }, 'invalid_name'],
    [
      'bytes that are no UTF-8 though declared',
      { name: Buffer.from([0xff, 0x2f, 0x61]), content: image },
      'invalid_name',
    ],
    ['a very long path', { name: `cat/${'a'.repeat(2000)}.png`, content: image }, 'path_too_long'],
    ['an encrypted file', { name: 'cat/secret.png', content: image, flags: 0x801 }, 'encrypted'],
    ['strong encryption', { name: 'cat/secret.png', content: image, flags: 0x841 }, 'malformed_archive'],
    ['a path that occurs twice', { name: 'cat/./0.png', content: image }, 'duplicate_path'],
    [
      'a stored file of another size than claimed',
      { name: 'cat/x.png', content: image, method: 0, claimedSize: 5 },
      'malformed_archive',
    ],
    [
      'entries that share their data',
      { name: 'cat/again.png', content: image, sameDataAs: 0 },
      'malformed_archive',
    ],
    [
      'a zip64 size without its field',
      { name: 'cat/z.png', content: image, claimedSize: 0xffffffff, extra: Buffer.from([1, 0, 0, 0]) },
      'malformed_archive',
    ],
  ])('zip with %s', async (_, entry, code) => {
    const report = await refusalOf({ upload: zipWith(entry) });
    expect(report.errors).toMatchObject([{ code }]);
    expect(report.errors[0]!.message.length).toBeGreaterThan(10);
  });

  it.each<[string, TarEntry, string]>([
    ['a path that leaves its folder', { name: '../evil.png', content: image }, 'unsafe_path'],
    ['an absolute path', { name: '/evil.png', content: image }, 'unsafe_path'],
    [
      'a NUL in a long name',
      { name: 'cat/x.png', content: image, pax: { path: 'cat/x\0y.png' } },
      'invalid_name',
    ],
    ['a path that occurs twice', { name: 'cat//0.png', content: image }, 'duplicate_path'],
  ])('tar with %s', async (_, entry, code) => {
    const report = await refusalOf({ upload: await tarGz([...good, entry]) });
    expect(report.errors).toMatchObject([{ code }]);
  });

  it('cut off zip, tar and tar.gz', async () => {
    for (const bytes of [zip(good), await tar(good), await tarGz(good)]) {
      const report = await refusalOf({ upload: bytes.subarray(0, bytes.length - 1200) });
      expect(report.errors).toMatchObject([{ code: 'malformed_archive' }]);
    }
  });

  it('damaged tar headers and gzip data', async () => {
    const plain = await tar(good);
    plain[1024] = 255 - plain[1024]!;
    const packed = await tarGz(good);
    packed[packed.length >> 1]! ^= 255;
    for (const upload of [plain, packed])
      expect((await refusalOf({ upload })).errors).toMatchObject([{ code: 'malformed_archive' }]);
  });

  it('whatever is neither an archive nor IDX', async () => {
    for (const upload of [
      Buffer.alloc(0),
      Buffer.from('hello'),
      image,
      gzipSync('text'),
      gzipSync(zip(good)),
      Buffer.alloc(2048),
    ])
      expect((await refusalOf({ upload })).errors).toMatchObject([
        { code: 'unknown_format', path: 'upload' },
      ]);
    expect((await refusalOf({ a: zip(good), b: zip(good) })).errors[0]!.code).toBe('unknown_format');
    expect((await refusalOf({})).errors[0]!.code).toBe('unknown_format');
  });

  it('zip bombs: too many bytes, too many files, a ratio that images never have', async () => {
    const zeros = { name: 'cat/zeros.png', content: Buffer.alloc(20 * 2 ** 20) };
    const blowUp = zipWith(zeros);
    expect((await refusalOf({ upload: blowUp })).errors).toMatchObject([{ code: 'compression_ratio' }]);
    const tarBomb = await tarGz([...good, zeros]);
    expect((await refusalOf({ upload: tarBomb })).errors).toMatchObject([{ code: 'compression_ratio' }]);
    const limits = { maxBytesTotal: 2 ** 20 };
    expect((await refusalOf({ upload: blowUp }, { limits })).errors).toMatchObject([{ code: 'too_large' }]);
    const few = { limits: { maxFiles: 5 } };
    expect((await refusalOf({ upload: zip(good) }, few)).errors).toMatchObject([{ code: 'too_many_files' }]);
    expect((await refusalOf({ upload: await tar(good) }, few)).errors[0]!.code).toBe('too_many_files');
  });

  it('counts packed pixels against the limit of bytes', async () => {
    const report = await refusalOf(
      { upload: zip(good) },
      { height: 1024, limits: { maxBytesTotal: 2 ** 24 } },
    );
    expect(report.errors).toMatchObject([{ code: 'too_large' }]);
    expect(report.errors[0]!.message).toContain('choose a smaller height');
  });
});

describe('a single file that is not usable is listed', () => {
  const many = Promise.all(
    Array.from({ length: 40 }, async (_, i) => ({ name: `cat/more-${i}.png`, content: await png(500 + i) })),
  );

  it.each<[string, ZipEntry, string]>([
    [
      'a symbolic link',
      { name: 'cat/x.png', content: Buffer.from('../../etc/passwd'), mode: 0o120777 },
      'not_a_file',
    ],
    ['a device', { name: 'cat/x.png', mode: 0o020666 }, 'not_a_file'],
    ['a wrong checksum', { name: 'cat/x.png', content: image, crc: 1 }, 'corrupt_file'],
    [
      'a claimed size that is too small',
      { name: 'cat/x.png', content: image, claimedSize: 10 },
      'corrupt_file',
    ],
    [
      'a claimed size that is too large',
      { name: 'cat/x.png', content: image, claimedSize: 99999 },
      'corrupt_file',
    ],
    ['an unknown compression', { name: 'cat/x.png', content: image, method: 12 }, 'unsupported_compression'],
    ['a truncated image', { name: 'cat/x.png', content: image.subarray(0, 150) }, 'corrupt_image'],
    ['text', { name: 'cat/x.png', content: Buffer.from('not an image') }, 'not_an_image'],
    ['an empty file', { name: 'cat/x.png' }, 'not_an_image'],
    ['a nested archive', { name: 'cat/x.png', content: zip(good) }, 'not_an_image'],
    ['a gzip file', { name: 'cat/x.png', content: gzipSync('text') }, 'not_an_image'],
    ['a file that is too large', { name: 'cat/x.png', content: noise(9000, 1) }, 'file_too_large'],
    ['an image outside of the class folders', { name: 'x.png', content: image }, 'misplaced'],
    ['an image too deep in a class folder', { name: 'cat/y/x.png', content: image }, 'misplaced'],
  ])('%s', async (_, entry, code) => {
    const upload = zip([...good, ...(await many), entry]);
    const { report } = await readyOf({ upload }, { limits: { maxFileBytes: 8000 } });
    expect(report).toMatchObject({ accepted: 52, rejected: 1, rejections: [{ path: entry.name, code }] });
  });

  it('links, devices and pipes of a tar', async () => {
    const special = (['link', 'symlink', 'character-device', 'block-device', 'fifo'] as const).map(
      (type) => ({ name: `cat/${type}`, type, linkname: '/etc/passwd' }),
    );
    const { report } = await readyOf({ upload: await tar([...special, ...good, ...(await many)]) });
    expect(report.rejections.map(({ path, code }) => [path, code])).toEqual(
      special.map(({ name }) => [name, 'not_a_file']).sort(),
    );
  });

  it('until more than a tenth of the files are bad', async () => {
    const bad = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ name: `cat/bad-${i}.png`, content: Buffer.from('x') }));
    const { report } = await readyOf({ upload: zipWith(...bad(1)) });
    expect(report.rejected).toBe(1);
    const refused = await refusalOf({ upload: zipWith(...bad(2)) });
    expect(refused).toMatchObject({ accepted: 0, rejected: 2, errors: [{ code: 'too_many_rejected' }] });
    expect(refused.rejections.map(({ path }) => path)).toEqual(['cat/bad-0.png', 'cat/bad-1.png']);
  });

  it('and the list is cut while the total is not', async () => {
    const bad = Array.from({ length: 250 }, (_, i) => ({
      name: `cat/bad-${i}.png`,
      content: Buffer.from('x'),
    }));
    const { rejected, rejections } = await refusalOf({ upload: zipWith(...bad) });
    expect([rejected, rejections.length]).toEqual([250, 200]);
  });
});
