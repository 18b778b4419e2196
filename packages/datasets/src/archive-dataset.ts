import { rm } from 'node:fs/promises';
import type { SplitName } from '@ravine/training';
import type { ArchiveEntry } from './archive/entry.js';
import { type ArchiveInventory, type DecodedImage, readArchive } from './archive-reader.js';
import { type Counts, chooseClasses } from './classes.js';
import { Refusal } from './errors.js';
import { readIdxDataset } from './idx-dataset.js';
import type { ImageShape } from './image.js';
import type { Contents, Intake } from './intake.js';
import { findLayout, type Layout } from './layout.js';

const defaultSide = 128;
const splitOrder = ['train', 'validation', 'test'] as const;

/** Reads an archive of class folders, or of IDX files. Throws Refusal. */
export async function readArchiveDataset(
  entries: AsyncIterable<ArchiveEntry>,
  intake: Intake,
): Promise<Contents> {
  const shape = imageShape(intake);
  const inventory = await readArchive(entries, shape, intake);
  try {
    if (inventory.idxFiles.length === 0 || inventory.images.length > 0)
      return arrange(inventory, shape, intake);
    return await readPackedIdx(inventory, intake);
  } catch (error) {
    await inventory.close();
    throw error;
  }
}

function imageShape({ declared }: Intake): ImageShape {
  const { height = defaultSide, channels = 3, fit } = declared;
  return { height, width: declared.width ?? height, channels, fit };
}

async function readPackedIdx(inventory: ArchiveInventory, intake: Intake): Promise<Contents> {
  for (const { path, code, reason } of inventory.rejected)
    if (code === 'not_an_image') intake.findings.ignore();
    else intake.findings.reject(path, code, reason);
  const contents = await readIdxDataset(inventory.idxFiles, intake);
  const close = async () => {
    await inventory.close();
    await Promise.all(inventory.idxFiles.map(({ path }) => rm(path, { force: true })));
  };
  return { ...contents, close };
}

interface Member extends DecodedImage {
  class: string;
}

function arrange(inventory: ArchiveInventory, shape: ImageShape, intake: Intake): Contents {
  const { images } = inventory;
  const layout = findLayout(
    (images.length > 0 ? images : inventory.rejected).map(({ segments }) => segments),
  );
  const members = placeImages(images, layout, intake);
  reportRejected(inventory, layout, intake);
  const accepted = splitOrder.reduce((sum, split) => sum + members[split].length, 0);
  refuseBad(accepted, intake);
  const classes = chooseClasses(
    countClasses(members, inventory, layout),
    intake.classes,
    intake.limits.maxClasses,
  );
  const indexOf = new Map(classes.map((name, i) => [name, i]));
  const splits = splitOrder
    .filter((split) => members[split].length > 0)
    .map((split) => ({
      split,
      labels: Uint16Array.from(members[split], (member) => indexOf.get(member.class)!),
      images: readPixels(members[split], inventory),
    }));
  const nameOf = (split: SplitName, index: number) => members[split][index]!.path;
  return { shape, classes, splits, nameOf, close: inventory.close };
}

/** The images of each split, sorted by path: the packed bytes do not depend on the order in the archive. */
function placeImages(
  images: DecodedImage[],
  layout: Layout,
  { findings }: Intake,
): Record<SplitName, Member[]> {
  const members: Record<SplitName, Member[]> = { train: [], validation: [], test: [] };
  for (const image of images) {
    const place = layout.file(image.segments);
    if (place) members[place.split].push({ ...image, class: place.class });
    else
      findings.reject(
        image.path,
        'misplaced',
        'It lies in no class folder; its path must be <class>/<image> or <split>/<class>/<image>.',
      );
  }
  for (const split of splitOrder) members[split].sort((a, b) => (a.path < b.path ? -1 : 1));
  return members;
}

/** Text files beside the class folders, such as a README, are nobody's mistake; everything else is listed. */
function reportRejected(
  { rejected, idxFiles }: ArchiveInventory,
  layout: Layout,
  { findings }: Intake,
): void {
  for (const { path, segments, code, reason } of rejected)
    if (code === 'not_an_image' && layout.file(segments) === null) findings.ignore();
    else findings.reject(path, code, reason);
  for (const { name } of idxFiles)
    findings.reject(name, 'not_an_image', 'It is an IDX file among image files.');
}

function refuseBad(accepted: number, { findings, limits }: Intake): void {
  const { rejected } = findings;
  if (accepted === 0)
    throw new Refusal('no_images', 'There is no usable image in a class folder; see the rejections.');
  if (rejected > (accepted + rejected) * limits.maxRejectedShare)
    throw new Refusal(
      'too_many_rejected',
      `${rejected} of ${accepted + rejected} files are not usable, more than ${limits.maxRejectedShare * 100} %; see the rejections.`,
    );
}

/** Images of each class, counting classes that are only a folder or hold only rejected files as empty. */
function countClasses(
  members: Record<SplitName, Member[]>,
  inventory: ArchiveInventory,
  layout: Layout,
): Counts {
  const places = [
    ...inventory.folders.map((segments) => layout.folder(segments)),
    ...inventory.rejected.map(({ segments }) => layout.file(segments)),
  ];
  const counts: Counts = {};
  for (const split of splitOrder) {
    const ofSplit = new Map<string, number>();
    for (const place of places) if (place?.split === split) ofSplit.set(place.class, 0);
    for (const member of members[split]) ofSplit.set(member.class, (ofSplit.get(member.class) ?? 0) + 1);
    if (ofSplit.size > 0) counts[split] = ofSplit;
  }
  return counts;
}

async function* readPixels(members: Member[], inventory: ArchiveInventory): AsyncGenerator<Uint8Array> {
  for (const { slot } of members) yield inventory.pixels(slot);
}
