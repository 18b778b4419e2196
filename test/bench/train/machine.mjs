import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { loadTorchEngine } from '@ravine/engine-torch';

/** Instruction sets that decide which kernels run. */
const TELLING = /^(avx2|fma|avx512f|avx512bw|avx512_vnni|avx512_bf16|amx_bf16|amx_int8|asimd|sve|bf16)$/;

function firstLine(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split('\n')[0];
  } catch {
    return null;
  }
}

/** ` (family 25, model 17)` on x86: clouds give several generations one name. */
function generation(information) {
  const [family, model] = ['cpu family', 'model'].map(
    (name) => information.match(new RegExp(`^${name}\\s*:\\s*(\\d+)$`, 'm'))?.[1],
  );
  return family === undefined || model === undefined ? '' : ` (family ${family}, model ${model})`;
}

/** What a result depends on besides the code. */
export function describeMachine(threads) {
  const information = readFileSync('/proc/cpuinfo', 'utf8');
  const flags = information.match(/^(?:flags|Features)\s*:\s*(.*)$/m)?.[1] ?? '';
  const { engine } = loadTorchEngine();
  const commit = firstLine('git', ['rev-parse', '--short', 'HEAD']);
  const changed = firstLine('git', ['status', '--porcelain', '--', 'packages', 'apps']);
  return {
    processor: `${os.cpus()[0]?.model.trim() ?? 'unknown'}${generation(information)}`,
    threads,
    instructionSets: flags
      .split(' ')
      .filter((flag) => TELLING.test(flag))
      .join(' '),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    node: process.version,
    ...(engine?.describe().libraries ?? {}),
    compiler: firstLine('c++', ['--version']),
    commit: commit && (changed ? `${commit} with changes` : commit),
  };
}
