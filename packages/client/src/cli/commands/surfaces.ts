import type { Trajectory } from '@ravine/contracts';
import type { BodyOf } from '../../transport.js';
import type { CommandSet, Context } from '../context.js';
import { facts, table } from '../format.js';
import { decimalList, integerValue, listValue, numberValue } from '../option-values.js';
import { applyRecipeFlags } from '../recipe-flags.js';

interface RunFlags {
  optimizer?: string;
  learningRate?: number;
  set?: string[];
  start?: number[];
  steps?: number;
  rows?: number;
}

export function addSurfaceCommands(set: CommandSet): void {
  set.add('list', 'error surfaces over two parameters', list);
  set
    .add('run <surface>', 'run an optimizer and a schedule on an error surface', run)
    .option('--optimizer <kind>', 'default sgd')
    .option('--learning-rate <number>', 'of the optimizer', numberValue)
    .option('--start <x,y>', "where it begins; default: the surface's own, e.g. --start=-120,-4", decimalList)
    .option('--steps <count>', 'updates, up to 1000000; default 1000', integerValue)
    .option('--rows <count>', 'places to print, evenly spaced; default 20, with --json 2000', integerValue)
    .option(
      '--set <path=value>',
      'any field, e.g. optimizer.momentum=0.9, surface.eigenvalues=[1,50]; may be repeated',
      listValue,
    );
}

async function list(context: Context) {
  const { data } = await context.client.surfaces.list(context);
  context.print(data, () =>
    table(
      ['KIND', 'AXES', 'MINIMUM', 'CONDITION', 'SUMMARY'],
      data.map(({ kind, axes, minimum, eigenvalues, summary }) => [
        kind,
        axes.join(', '),
        minimum && `${short(minimum.value)} at ${minimum.at.map(place).join(' ')}`,
        eigenvalues && short((eigenvalues[1] as number) / (eigenvalues[0] as number)),
        summary,
      ]),
    ),
  );
}

async function run(context: Context, kind: string, flags: RunFlags) {
  const { optimizer, learningRate, set, start, steps, rows } = flags;
  const points = rows ?? (context.json ? 2000 : 20);
  const given = Object.entries({ start, steps, points }).filter(([, value]) => value !== undefined);
  const base = { surface: { kind }, optimizer: { kind: 'sgd' }, ...Object.fromEntries(given) };
  const more = Object.entries({ optimizer, learningRate, set }).filter(([, value]) => value !== undefined);
  const body = await applyRecipeFlags(base, Object.fromEntries(more), async () => ({}));
  const answer = await context.client.surfaces.run(body as unknown as BodyOf<'runSurface'>, context);
  context.print(answer, () => describe(answer));
}

const short = (value: number): string => String(Number(value.toPrecision(6)));
const place = (at: number[]): string => `(${at.map(short).join(', ')})`;

function describe({
  axes,
  steps,
  positions,
  values,
  gradientNorms,
  diverged,
  stability,
}: Trajectory): string {
  const large = (value: number | null | undefined) => (typeof value === 'number' ? short(value) : 'overflow');
  return [
    table(
      ['STEP', ...axes, 'VALUE', 'GRADIENT'],
      steps.map((step, i) => [
        step,
        ...(positions[i] ?? []).map(short),
        large(values[i]),
        large(gradientNorms[i]),
      ]),
    ),
    '',
    facts({
      diverged: diverged
        ? `at step ${diverged.step}${diverged.overflowStep === null ? '' : `; not finite from step ${diverged.overflowStep} on`}`
        : 'no',
      'stable below': stability && `learning rate ${short(stability.limit)}`,
      'largest eigenvalue': stability && short(stability.lambdaMax),
      'condition number': stability && short(stability.conditionNumber),
    }),
  ].join('\n');
}
