import { describe, expect, it } from 'vitest';
import { type ZipEntry, zip } from '../test/archives.js';
import { readyOf, refusalOf } from '../test/harness.js';
import { classFolders, png } from '../test/images.js';

const files = (classes: string[], perClass = 2, prefix = '') => classFolders(classes, perClass, prefix);
const bad: ZipEntry = { name: 'bird/1.png', content: Buffer.from('no image') };

describe('classes and splits that cannot be trained on are refused', () => {
  it.each<[string, () => Promise<ZipEntry[]>, string, string]>([
    ['one class', () => files(['cat']), 'one_class', '"cat"'],
    [
      'an empty class folder',
      async () => [...(await files(['cat', 'dog'])), { name: 'bird/' }],
      'empty_class',
      '"bird"',
    ],
    [
      'a class of only bad files',
      async () => [...(await files(['cat', 'dog'], 9)), bad],
      'empty_class',
      '"bird"',
    ],
    ['no image at all', async () => [bad], 'no_images', 'no usable image'],
    ['only folders', async () => [{ name: 'cat/' }, { name: 'dog/' }], 'no_images', 'no usable image'],
    ['only a test split', () => files(['cat', 'dog'], 2, 'test/'), 'no_train_split', 'no training images'],
    [
      'a test class that train lacks',
      async () => [...(await files(['cat', 'dog'], 2, 'train/')), ...(await files(['cow'], 2, 'test/'))],
      'unknown_class',
      'the class "cow"',
    ],
    [
      'images beside the split folders',
      async () => [...(await files(['cat', 'dog'], 2, 'train/')), ...(await files(['cat'], 2, 'extra/'))],
      'too_many_rejected',
      '2 of 6',
    ],
  ])('%s', async (_, entries, code, message) => {
    const report = await refusalOf({ upload: zip(await entries()) });
    expect(report.errors).toMatchObject([{ code, message: expect.stringContaining(message) }]);
  });

  it('more classes than allowed', async () => {
    const upload = zip(await files(['a', 'b', 'c'], 1));
    const report = await refusalOf({ upload }, { limits: { maxClasses: 2 } });
    expect(report.errors).toMatchObject([{ code: 'too_many_classes' }]);
  });

  it('class names that are not those of the folders', async () => {
    const upload = zip(await files(['a', 'b']));
    for (const classes of [['a', 'c'], ['a', 'b', 'c'], ['a']])
      expect((await refusalOf({ upload }, { classes })).errors).toMatchObject([{ code: 'class_names' }]);
  });
});

describe('what trains, but not as one may expect, is a warning', () => {
  it('names images that are in two splits, in two classes, or twice in one', async () => {
    const content = await png(1);
    const upload = zip([
      ...(await classFolders(['cat', 'dog'], 2, 'train/', 50)),
      { name: 'train/cat/a.png', content },
      { name: 'train/cat/b.png', content },
      { name: 'train/dog/a.png', content },
      { name: 'test/cat/a.png', content },
    ]);
    const { report } = await readyOf({ upload });
    expect(report.warnings.map(({ code, paths }) => [code, paths])).toEqual([
      ['class_missing', ['dog']],
      ['duplicates_across_splits', ['train/cat/a.png = test/cat/a.png']],
      ['conflicting_labels', ['train/cat/a.png = train/dog/a.png']],
      ['duplicates', ['train/cat/a.png = train/cat/b.png']],
    ]);
  });

  it('names classes that differ only in case, and says that sizes are far apart', async () => {
    const upload = zip([...(await classFolders(['cat'], 11)), ...(await classFolders(['Cat'], 1, '', 99))]);
    const { report } = await readyOf({ upload });
    expect(report.warnings.map(({ code }) => code)).toEqual(['similar_class_names', 'imbalance']);
  });
});
