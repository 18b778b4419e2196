import type { SplitName } from '@ravine/training';
import { Refusal } from './errors.js';
import type { SplitSource } from './pack.js';
import type { Findings } from './report.js';

/** What the splits of a dataset hold, by class name. */
export type Counts = Partial<Record<SplitName, Map<string, number>>>;

/**
 * The classes in index order: as named by the user, else sorted by Unicode code units (so "10" comes before "2").
 * Throws Refusal for what cannot be trained on.
 */
export function chooseClasses(counts: Counts, named: string[] | undefined, maxClasses: number): string[] {
  const { train, ...others } = counts;
  if (!train || train.size === 0)
    throw new Refusal(
      'no_train_split',
      'There are no training images: neither a "train" folder nor class folders.',
    );
  for (const [name, count] of train)
    if (count === 0) throw new Refusal('empty_class', `The class "${name}" has no usable training image.`);
  for (const [split, classes] of Object.entries(others))
    for (const [name, count] of classes)
      if (!train.has(name) && count > 0)
        throw new Refusal(
          'unknown_class',
          `The ${split} split has the class "${name}", which the train split lacks.`,
        );
  if (train.size < 2)
    throw new Refusal(
      'one_class',
      `There is only one class, "${[...train.keys()][0]}"; a classifier needs two or more.`,
    );
  if (train.size > maxClasses)
    throw new Refusal(
      'too_many_classes',
      `There are ${train.size} classes; at most ${maxClasses} are allowed.`,
    );
  if (!named) return [...train.keys()].sort();
  const missing = named.filter((name) => !train.has(name));
  if (missing.length > 0 || named.length !== train.size)
    throw new Refusal(
      'class_names',
      `The class names that were given are not those of the folders (${missing.length > 0 ? `no folder "${missing[0]}"` : `${train.size} folders, ${named.length} names`}).`,
    );
  return named;
}

/** How far apart the sizes of classes may be without a word. */
const imbalance = 10;

/** Warns of what trains, but not as one may expect. */
export function warnOfClasses(classes: string[], splits: SplitSource[], findings: Findings): void {
  const folded = new Map<string, string>();
  for (const name of classes) {
    const key = name.toLowerCase().trim();
    const other = folded.get(key);
    if (other !== undefined)
      findings.warn(
        'similar_class_names',
        `The classes "${other}" and "${name}" differ only in case or spaces.`,
      );
    folded.set(key, name);
  }
  for (const { split, labels } of splits) {
    const counts = classes.map(() => 0);
    for (const label of labels) counts[label]! += 1;
    const missing = classes.filter((_, i) => counts[i] === 0);
    if (missing.length > 0)
      findings.warn(
        'class_missing',
        `The ${split} split has no image of ${missing.length} classes.`,
        missing,
      );
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    if (split === 'train' && most > least * imbalance)
      findings.warn(
        'imbalance',
        `The largest class of the train split has ${most} images, the smallest ${least}.`,
      );
  }
}
