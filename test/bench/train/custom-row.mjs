import { readFileSync } from 'node:fs';
import path from 'node:path';

function wholeNumber(name, text, fallback) {
  if (text === undefined && fallback !== undefined) return fallback;
  if (!/^[1-9]\d{0,4}$/.test(text ?? ''))
    throw new Error(`--${name} ${text ?? ''}: must be a whole number from 1`);
  return Number(text);
}

function readArchitecture(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `--architecture ${file}: must be a file with the JSON of a recipe's architecture (${error.message})`,
    );
  }
}

/** A row of the user's own network, from the options of the command line; it has no target. */
export function customRow({ architecture, input, classes, batch, precision = 'bf16' }) {
  const size = /^([13])x(\d{1,4})x(\d{1,4})$/.exec(input ?? '');
  if (size === null)
    throw new Error(`--input ${input ?? ''}: must be <channels>x<height>x<width>, e.g. 3x64x64`);
  if (!['bf16', 'fp32'].includes(precision))
    throw new Error(`--precision ${precision}: must be bf16 or fp32`);
  const [channels, height, width] = size.slice(1).map(Number);
  const name = path.basename(architecture, '.json');
  return {
    kind: 'steps',
    workload: name,
    network: name,
    definition: {
      architecture: readArchitecture(architecture),
      input: { channels, height, width },
      classes: wholeNumber('classes', classes, 10),
      clip: null,
    },
    precision,
    batch: wholeNumber('batch', batch),
    target: {},
  };
}
