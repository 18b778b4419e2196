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
  itself('data-path', 'leedl-cnn', 64, 1.03),
  itself('data-path', 'fashion-mnist', 128, 1.03),
  itself('job', 'fashion-mnist', 128, 1.05),
];

function steps(network, precision, batch, faster) {
  return { kind: 'steps', workload: network, network, precision, batch, target: { faster } };
}

/** A row that compares the engine with itself. */
function itself(kind, network, batch, overhead) {
  return { kind, workload: kind, network, precision: 'bf16', batch, target: { overhead } };
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
