import { stripVTControlCharacters } from 'node:util';

/** At most `limit` lines that name every failure and, as far as they have room, the first lines of its errors. */
export function failureLines(failures, limit = 40) {
  const room = Math.min(12, Math.floor(limit / failures.length));
  const lines = failures.flatMap((failure) => oneFailure(failure).slice(0, Math.max(room, 1)));
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit - 1), `… and ${lines.length - limit + 1} more failures, listed above`];
}

/** The name, where it broke, what it said: in the order in which they are given up when there is no room. */
function oneFailure({ group, where, errors }) {
  const details = errors.flatMap(({ message, at }) => {
    const [first, ...more] = stripVTControlCharacters(message)
      .split('\n')
      .filter((line) => line.trim() !== '');
    return [first, ...(at ? [`at ${at}`] : []), ...more];
  });
  return [`${group}: ${where}`, ...details.map((line) => `    ${line.trimEnd().slice(0, 200)}`)];
}
