// The pages of docs/reference, made from the catalog. Pure: the same catalog gives the same text.
import { optionRows } from './options.mjs';

const NOTE =
  '<!-- Generated from the catalog by `npm run reference`. Edit the definitions, not this page. -->';

const families = {
  optimizers: { file: 'optimizers.md', title: 'Optimizers', field: 'optimizer' },
  schedules: { file: 'schedules.md', title: 'Learning-rate schedules', field: 'schedule', list: true },
  losses: { file: 'losses.md', title: 'Losses', field: 'loss' },
  architectures: { file: 'architectures.md', title: 'Architectures', field: 'architecture' },
  augmentations: { file: 'augmentations.md', title: 'Augmentations', field: 'augmentation', list: true },
  testTimeAugmentations: {
    file: 'test-time-augmentation.md',
    title: 'Test-time augmentation',
    field: 'testTimeAugmentation',
  },
};

const line = (label, text) => (text === null ? [] : [`**${label}:** ${text}`]);

function entrySection(entry) {
  const rows = optionRows(entry);
  const table =
    rows.length === 0
      ? 'It has no options.'
      : ['| option | default | allowed | meaning |', '|---|---|---|---|', ...rows].join('\n');
  return [
    `## \`${entry.kind}\` ${entry.title}`,
    entry.summary,
    ...(entry.formula === null ? [] : [`    ${entry.formula}`]),
    ...line('When to use it', entry.whenToUse),
    ...line('Conventions', entry.conventions),
    ...line('Paper', entry.paper),
    table,
  ].join('\n\n');
}

function familyPage({ title, field, list }, entries) {
  const example = `{ "kind": "${entries[0].kind}", … }`;
  const index = entries.map(
    ({ kind, summary }) => `- [\`${kind}\`](#${kind}-${anchor(entries, kind)}): ${summary}`,
  );
  return [
    `# ${title}`,
    NOTE,
    `What \`${field}\` of a recipe may name: \`${list ? `[${example}, …]` : example}\`.`,
    index.join('\n'),
    ...entries.map(entrySection),
  ].join('\n\n');
}

/** GitHub's anchor of a heading: lower case, punctuation gone, spaces to hyphens. */
const anchor = (entries, kind) =>
  entries
    .find((entry) => entry.kind === kind)
    .title.toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(' ', '-');

const measuredText = ({ measured }) =>
  measured.length === 0
    ? 'Not measured yet.'
    : [
        '| dataset | seeds | accuracy | with test-time augmentation | minutes | machine | date |',
        '|---|---|---|---|---|---|---|',
        ...measured.map((one) => {
          const deviation = one.standardDeviation === null ? '' : ` ± ${one.standardDeviation}`;
          return `| ${one.dataset} | ${one.seeds} | ${one.accuracy}${deviation} | ${one.testTimeAccuracy ?? '–'} | ${one.minutes} | ${one.machine} | ${one.date} |`;
        }),
      ].join('\n');

/** JSON with one field a line. */
const fieldByField = (fields) =>
  `{\n${Object.entries(fields)
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(',\n')}\n}`;

const presetSection = (preset) =>
  [
    `## \`${preset.kind}\` ${preset.title}`,
    preset.summary,
    ...line('When to use it', preset.whenToUse),
    ...line('Published', preset.origin.published),
    ...line('Chosen here', preset.origin.chosen),
    ...line('Paper', preset.paper),
    ['```json', fieldByField(preset.defaults), '```'].join('\n'),
    measuredText(preset),
  ].join('\n\n');

/** Text of each page by its file name in docs/reference. */
export function referencePages(catalog) {
  const pages = Object.entries(families).map(([name, family]) => [
    family.file,
    `${familyPage(family, catalog[name])}\n`,
  ]);
  const presets = [
    '# Presets',
    NOTE,
    'Named sets of options: `{ "preset": "fashion-cnn", "dataset": "ds_…" }`. A field that the recipe gives replaces the preset’s.',
    ...catalog.presets.map(presetSection),
  ].join('\n\n');
  const all = new Map([...pages, ['presets.md', `${presets}\n`]]);
  const list = [...Object.values(families), { file: 'presets.md', title: 'Presets' }];
  const index = [
    '# Reference',
    NOTE,
    'Everything that a recipe may name. The same is in `GET /v1/catalog` and `ravine catalog`.',
    list.map(({ file, title }) => `- [${title}](${file})`).join('\n'),
  ].join('\n\n');
  return all.set('README.md', `${index}\n`);
}
