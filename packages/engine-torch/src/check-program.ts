import { INPUT, networkParameters, outputCount, type Program, type Shape } from '@ravine/training';
import { checkLoss } from './check-loss.js';
import { checkNode } from './check-node.js';
import { checkProgramWrappers } from './check-wrappers.js';
import { support } from './engine-fault.js';

const text = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Nodes in order, every one used, shapes as inferred. */
function checkNodes({ input, nodes, output, classes, loss }: Program): void {
  const shapes = new Map<string, Shape>([[INPUT, [input.channels, input.height, input.width]]]);
  const used = new Set<string>([output]);
  for (const node of nodes) {
    support(!shapes.has(node.name), () => `node ${node.name}: the name is taken`);
    support(node.inputs.length > 0, () => `node ${node.name}: it has no input`);
    const inputs = node.inputs.map((name) => {
      const shape = shapes.get(name);
      support(shape !== undefined, () => `node ${node.name}: input "${name}" is not an earlier node`);
      used.add(name);
      return shape;
    });
    const shape = checkNode(node, inputs);
    support(
      text(shape) === text(node.shape) && shape.every((size) => Number.isInteger(size) && size >= 1),
      () => `node ${node.name}: shape ${text(node.shape)} is declared, but ${text(shape)} is computed`,
    );
    shapes.set(node.name, shape);
  }
  const given = shapes.get(output);
  const wanted = text([outputCount(loss.kind, classes)]);
  support(
    given !== undefined && text(given) === wanted,
    () => `output "${output}" must be a node of shape ${wanted}`,
  );
  const idle = nodes.find((node) => !used.has(node.name));
  support(idle === undefined, () => `node ${idle?.name}: nothing uses it`);
}

function checkArrays(
  what: string,
  declared: readonly { name: string; shape: number[] }[],
  wanted: readonly { name: string; shape: number[] }[],
): void {
  const needed = new Map(wanted.map(({ name, shape }) => [name, shape]));
  for (const { name, shape } of declared) {
    const expected = needed.get(name);
    support(
      expected !== undefined && text(expected) === text(shape),
      () =>
        `${what} ${name} ${text(shape)}: the nodes need ${expected ? text(expected) : 'none of that name'}`,
    );
  }
  const names = new Set(declared.map(({ name }) => name));
  support(names.size === declared.length, () => `a ${what} is declared twice`);
  const missing = [...needed.keys()].find((name) => !names.has(name));
  support(missing === undefined, () => `${what} ${missing} is not declared`);
}

/** Refuses, with `engine_unsupported`, a program that this engine cannot compute or that contradicts itself. */
export function checkProgram(program: Program): void {
  support(program.version === 1, () => `program version ${program.version} is unknown; this engine reads 1`);
  const { mean, standardDeviation } = program.normalization;
  const { channels } = program.input;
  support(
    mean.length === channels &&
      standardDeviation.length === channels &&
      mean.every(Number.isFinite) &&
      standardDeviation.every((s) => Number.isFinite(s) && s > 0),
    () =>
      `normalization needs a finite mean and a positive standardDeviation for each of ${channels} channels`,
  );
  support(
    Number.isInteger(program.classes) && program.classes >= 2 && program.classes <= 65_536,
    () => `classes is ${program.classes}; it must be 2 … 65536`,
  );
  checkLoss(program);
  checkNodes(program);
  const { parameters, buffers } = networkParameters(program.nodes, program.input, 'pytorch'); // names and shapes alone
  checkArrays('parameter', program.parameters, parameters);
  checkArrays('buffer', program.buffers, buffers);
  for (const { name, group } of program.parameters) {
    support(program.groups[group] !== undefined, () => `parameter ${name}: group ${group} does not exist`);
  }
  for (const { weightDecay, learningRateFactor } of program.groups) {
    support(
      Number.isFinite(weightDecay) && Number.isFinite(learningRateFactor),
      () =>
        `a group has weightDecay ${weightDecay} and learningRateFactor ${learningRateFactor}; both must be finite`,
    );
  }
  const { precision } = program;
  support(['fp32', 'bf16', 'fp64'].includes(precision), () => `precision "${precision}" is unknown`);
  checkProgramWrappers(program);
}
