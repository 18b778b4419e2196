import type { SplitName } from '@ravine/training';

interface Place {
  split: SplitName;
  class: string;
}

/** How an archive is laid out: where the file or folder with these path segments belongs, or null for nowhere. */
export interface Layout {
  file(segments: string[]): Place | null;
  /** Of a class folder itself. */
  folder(segments: string[]): Place | null;
}

const splitFolders: Record<string, SplitName> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  test: 'test',
  testing: 'test',
};

const splitOf = (segment: string | undefined): SplitName | undefined => {
  const name = (segment ?? '').toLowerCase();
  return Object.hasOwn(splitFolders, name) ? splitFolders[name] : undefined;
};

/**
 * Finds out from the paths of its images how an archive is laid out: `<class>/<image>`, or `<split>/<class>/<image>`,
 * either below folders that everything shares. Folders named train, training, validation, valid, val, test or testing
 * (in any case) are splits when they hold class folders; without them all images are the train split.
 */
export function findLayout(images: string[][]): Layout {
  const typical = mostCommonLength(images);
  const depth = commonDepth(typical);
  const shared = typical[0]?.slice(0, depth) ?? [];
  const hasSplits = typical.some((segments) => isSplitPath(segments.slice(depth)));
  const place = (segments: string[], length: number): Place | null => {
    if (!shared.every((segment, i) => segments[i] === segment)) return null;
    const inner = segments.slice(depth);
    const split = hasSplits ? splitOf(inner.shift()) : 'train';
    const name = inner[0];
    return inner.length !== length || split === undefined || name === undefined
      ? null
      : { split, class: name };
  };
  return { file: (segments) => place(segments, 2), folder: (segments) => place(segments, 1) };
}

const isSplitPath = (segments: string[]): boolean =>
  segments.length === 3 && splitOf(segments[0]) !== undefined;

/** The paths of the length that most have, so that one stray image does not change what all others mean. */
function mostCommonLength(images: string[][]): string[][] {
  const counts = new Map<number, number>();
  for (const { length } of images) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [length] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
  return images.filter((segments) => segments.length === length);
}

/** Leading folders that all files share and that are neither a class nor a split. */
function commonDepth(files: string[][]): number {
  const first = files[0] ?? [];
  let depth = 0;
  while (
    files.every((segments) => segments.length - depth >= 3 && segments[depth] === first[depth]) &&
    files.length > 0 &&
    !files.some((segments) => isSplitPath(segments.slice(depth)))
  )
    depth += 1;
  return depth;
}
