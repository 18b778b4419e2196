import {
  type AugmentationDraws,
  type MixDraws,
  momentumProblem,
  type OperationParameter,
  operations,
  ownMomentum,
  type PackedDataset,
  type Program,
  type StepPlan,
  UNCHANGED,
} from '@ravine/training';
import { checkArray } from './check-array.js';
import { checkParts, checkPlanWrappers } from './check-wrappers.js';
import { check } from './engine-fault.js';

/** Every value of `indices` must be within 0 … count − 1. */
export function checkIndices(what: string, indices: Int32Array, count: number): void {
  checkArray(what, indices, Int32Array);
  const wrong = indices.findIndex((index) => index < 0 || index >= count);
  check(wrong < 0, () => `${what}[${wrong}] is ${indices[wrong]}; the split has ${count} images`);
}

type OperationDraws = Extract<AugmentationDraws, { kind: 'operations' }>;

const fits = (value: number, { least, most, whole }: OperationParameter): boolean =>
  value >= least && value <= most && (whole === undefined || Number.isInteger(value));

/** Parameters of operations that no image has are not looked at: native code does not either. */
function checkParameters({ names, codes, width, parameters }: OperationDraws): void {
  const declared = names.map((name) => operations[name].parameters as readonly OperationParameter[]);
  codes.forEach((code, i) => {
    if (code === UNCHANGED) return;
    declared[code]?.forEach((parameter, at) => {
      const value = parameters[i * width + at] as number;
      const { what, least, most, whole } = parameter;
      check(
        fits(value, parameter),
        () =>
          `operations: ${names[code]} of sample ${i}: ${what} is ${value}; it must be ${whole ? 'a whole number ' : ''}within ${least} … ${most}`,
      );
    });
  });
}

function checkOperations(draws: OperationDraws, samples: number): void {
  const { names, codes, width, parameters } = draws;
  checkArray('codes of operations', codes, Uint8Array);
  checkArray('parameters of operations', parameters, Float64Array);
  check(Array.isArray(names), () => 'operations: names must be an array');
  check(Number.isInteger(width) && width >= 0, () => `operations: width is ${width}`);
  check(codes.length === samples, () => `operations: ${codes.length} draws for ${samples} samples`);
  check(
    parameters.length === samples * width,
    () => `operations: ${parameters.length} parameters for ${samples} samples; each needs ${width}`,
  );
  for (const name of names) {
    const needed = Object.hasOwn(operations, name) ? operations[name].parameters.length : null;
    check(needed !== null, () => `operations: "${name}" is unknown`);
    check(needed <= width, () => `operations: ${name} needs ${needed} parameters; there are ${width}`);
  }
  const wrong = codes.find((code) => code !== UNCHANGED && code >= names.length);
  check(wrong === undefined, () => `operations: code ${wrong} names none of ${names.length} operations`);
  checkParameters(draws);
}

/** Refuses draws that do not fit `samples` images of this size. */
export function checkDraws(
  draws: AugmentationDraws,
  samples: number,
  data: Pick<PackedDataset, 'height' | 'width'>,
): void {
  if (draws.kind === 'operations') {
    checkOperations(draws, samples);
    return;
  }
  if (draws.kind !== 'random-crop') {
    check(
      draws.kind === 'horizontal-flip' || draws.kind === 'vertical-flip',
      () => `augmentation "${(draws as { kind: string }).kind}" is unknown`,
    );
    checkArray(`flips of ${draws.kind}`, draws.flips, Uint8Array);
    check(
      draws.flips.length === samples,
      () => `${draws.kind}: ${draws.flips.length} draws for ${samples} samples`,
    );
    return;
  }
  const { padding, mode, offsets } = draws;
  checkArray('offsets of random-crop', offsets, Int32Array);
  check(
    Number.isInteger(padding) && padding >= 0 && padding < 2 ** 30,
    () => `random-crop: padding ${padding} must be a whole number below 2³⁰`,
  );
  check(mode === 'zero' || mode === 'reflect', () => `random-crop: mode "${mode}" is unknown`);
  check(
    mode !== 'reflect' || padding < Math.min(data.height, data.width),
    () => `random-crop: padding ${padding} cannot be reflected in ${data.height}×${data.width} images`,
  );
  check(
    offsets.length === 2 * samples,
    () => `random-crop: ${offsets.length} offsets for ${samples} samples; each needs top and left`,
  );
  const wrong = offsets.findIndex((offset) => offset < 0 || offset > 2 * padding);
  check(wrong < 0, () => `random-crop: offset ${offsets[wrong]} is outside 0 … ${2 * padding}`);
}

function checkBoxes(boxes: Int32Array, samples: number, { height, width }: PackedDataset): void {
  checkArray('boxes of cutmix', boxes, Int32Array);
  check(
    boxes.length === 4 * samples,
    () => `cutmix: ${boxes.length} numbers of boxes for ${samples} samples; each needs four`,
  );
  for (let i = 0; i < samples; i++) {
    const [top, left, rows, columns] = boxes.subarray(4 * i, 4 * i + 4) as unknown as number[];
    check(
      top! >= 0 &&
        left! >= 0 &&
        rows! >= 0 &&
        columns! >= 0 &&
        top! + rows! <= height &&
        left! + columns! <= width,
      () => `cutmix: box ${i} [${boxes.subarray(4 * i, 4 * i + 4)}] leaves the ${height}×${width} image`,
    );
  }
}

function checkMix(draws: MixDraws, { order, offsets }: StepPlan, data: PackedDataset): void {
  const { kind, partners, shares } = draws;
  check(kind === 'mixup' || kind === 'cutmix', () => `mixing "${kind}" is unknown`);
  checkArray(`partners of ${kind}`, partners, Int32Array);
  checkArray(`shares of ${kind}`, shares, Float64Array);
  check(
    partners.length === order.length && shares.length === order.length,
    () => `${kind}: ${partners.length} partners and ${shares.length} shares for ${order.length} samples`,
  );
  if (kind === 'cutmix') checkBoxes(draws.boxes, order.length, data);
  const outside = shares.findIndex((share) => !(share >= 0 && share <= 1));
  check(outside < 0, () => `${kind}: share ${shares[outside]} of sample ${outside} is outside 0 … 1`);
  for (let step = 0; step + 1 < offsets.length; step++) {
    const [from, to] = [offsets[step] as number, offsets[step + 1] as number];
    const away = partners.subarray(from, to).findIndex((partner) => partner < from || partner >= to);
    check(
      away < 0,
      () => `${kind}: partner ${partners[from + away]} of sample ${from + away} is not of the same step`,
    );
  }
}

function checkMomenta({ momenta, learningRates }: StepPlan, { optimizer }: Pick<Program, 'optimizer'>): void {
  if (momenta === undefined) return;
  checkArray('momenta', momenta, Float64Array);
  const [count, steps] = [momenta.length, learningRates.length];
  check(count === steps, () => `${count} momenta for ${steps} steps`);
  const problem = momentumProblem(optimizer);
  check(problem === null, () => `momenta: ${problem}`);
  // 0 only where it is the rule's own: gradient descent would leave its velocity as it is.
  const own = ownMomentum(optimizer);
  const wrong = momenta.findIndex((momentum) => !((momentum > 0 || momentum === own) && momentum < 1));
  check(wrong < 0, () => `momentum of step ${wrong} is ${momenta[wrong]}; it must be above 0 and below 1`);
}

/** Refuses a plan whose arrays do not fit together or point outside the train split. */
export function checkPlan(
  plan: StepPlan,
  data: PackedDataset,
  smallestBatch: number,
  program: Pick<Program, 'microBatchSize' | 'weightAverage' | 'lookahead' | 'optimizer'>,
): void {
  const { firstStep, offsets, order, learningRates, dropoutKeys } = plan;
  const split = data.splits.train;
  check(split !== undefined, () => 'the dataset has no train split');
  checkArray('offsets', offsets, Int32Array);
  checkArray('order', order, Int32Array);
  checkArray('learningRates', learningRates, Float64Array);
  checkArray('dropoutKeys', dropoutKeys, Uint32Array);
  const steps = learningRates.length;
  check(Number.isSafeInteger(firstStep) && firstStep >= 0, () => `firstStep is ${firstStep}`);
  check(
    offsets.length === steps + 1,
    () => `${offsets.length} offsets for ${steps} steps; there must be one more`,
  );
  check(
    dropoutKeys.length === 2 * steps,
    () => `${dropoutKeys.length} words of dropout keys for ${steps} steps; each needs two`,
  );
  check(
    (offsets[0] as number) >= 0 && (offsets[steps] as number) <= order.length,
    () => `offsets ${offsets[0]} … ${offsets[steps]} leave the order of ${order.length} samples`,
  );
  for (let step = 0; step < steps; step++) {
    const size = (offsets[step + 1] as number) - (offsets[step] as number);
    checkParts(step, size, smallestBatch, program.microBatchSize);
    check(
      Number.isFinite(learningRates[step]),
      () => `learning rate of step ${step} is ${learningRates[step]}`,
    );
  }
  checkIndices('order', order, split.count);
  checkMomenta(plan, program);
  checkPlanWrappers(plan, program);
  for (const draws of plan.augmentation) checkDraws(draws, order.length, data);
  for (const draws of plan.mixing) checkMix(draws, plan, data);
}
