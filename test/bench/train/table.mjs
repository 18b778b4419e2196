import { nameOf } from './rows.mjs';

const HEADINGS = ['row', 'engine', 'peer', 'ratio', 'wanted', 'floor', 'peak', "peer's peak", 'event loop'];

/** Rows as a table for people; Markdown, which a terminal shows well enough. */
export function renderTable(results) {
  const lines = [HEADINGS, ...results.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const render = (line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [render(lines[0]), rule, ...lines.slice(1).map(render)].join('\n');
}

function cells(result) {
  const { ratio, target, met, floorMs, peakMiB, peerPeakMiB, spread, eventLoopMaxMs } = result;
  return [
    result.network ? `${nameOf(result)} (${result.network})` : nameOf(result),
    timeOf(result.engineMs, spread.engineMs),
    timeOf(result.peerMs, spread.peerMs),
    target.overhead === undefined ? `${ratio.toFixed(2)}×` : `${(1 / ratio).toFixed(3)}× its time`,
    `${wanted(target)}${met === false ? ' (missed)' : ''}`,
    orNone(floorMs, (ms) => `${ms.toFixed(1)} ms`),
    orNone(peakMiB, (size) => `${size.toFixed(0)} MiB`),
    orNone(peerPeakMiB, (size) => `${size.toFixed(0)} MiB`),
    orNone(eventLoopMaxMs, (ms) => `${ms.toFixed(1)} ms`),
  ];
}

function wanted({ faster, overhead }) {
  if (faster !== undefined) return `≥ ${faster}× faster`;
  return overhead === undefined ? '–' : `≤ ${overhead}× the peer's time`;
}

const timeOf = (ms, [least, most]) => `${ms.toFixed(1)} ms (${least.toFixed(1)}–${most.toFixed(1)})`;
const orNone = (value, format) => (typeof value === 'number' ? format(value) : '–');
