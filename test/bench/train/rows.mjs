/**
 * The rows of the table. `faster`: the least ratio peer / engine that is wanted; `overhead`: the most ratio engine /
 * peer, where the peer is the engine itself without the part that is looked at.
 */
export const rows = [
  steps('leedl-cnn', 'bf16', 16, 1.9),
  steps('leedl-cnn', 'bf16', 64, 1.7),
  steps('leedl-cnn', 'fp32', 16, 1.2),
  steps('fashion-mnist', 'bf16', 128, 2),
  steps('resnet-18', 'bf16', 128, 1.5),
  {
    kind: 'data-path',
    workload: 'data-path',
    network: 'leedl-cnn',
    precision: 'bf16',
    batch: 64,
    target: { overhead: 1.03 },
  },
  {
    kind: 'job',
    workload: 'job',
    network: 'fashion-mnist',
    precision: 'bf16',
    batch: 128,
    target: { overhead: 1.05 },
  },
];

function steps(network, precision, batch, faster) {
  return { kind: 'steps', workload: network, network, precision, batch, target: { faster } };
}

export const nameOf = ({ workload, precision, batch }) => `${workload}-${precision}-${batch}`;

/** Rows of that name, or all of that workload; throws with the list of names. */
export function selectRows(name) {
  if (name === undefined) return rows;
  const found = rows.filter((row) => nameOf(row) === name || row.workload === name);
  if (found.length > 0) return found;
  const names = rows.map(nameOf).join(', ');
  throw new Error(
    `--row ${name}: there is no such row. Rows: ${names}; the name of a workload means all of its rows`,
  );
}
