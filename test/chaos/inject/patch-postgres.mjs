// Patches `Client.prototype.query` of pg: statements are known by their text, transactions by what was said in them.
import { createRequire } from 'node:module';
import { connectionLost, pass } from './faults.mjs';
import { statements } from './points.mjs';

const require = createRequire(import.meta.url);

export function patchPostgres(kind) {
  const { Client } = require('pg');
  const mine = statements.filter(({ processes }) => processes.includes(kind));
  const { query } = Client.prototype;
  const inTransaction = new WeakMap(); // client → labels of the open transaction

  Client.prototype.query = function queried(config, ...rest) {
    const text = typeof config === 'string' ? config : config?.text;
    if (typeof text !== 'string' || typeof config?.submit === 'function')
      return query.call(this, config, ...rest);
    const steps = stepsOf(this, text, config.values ?? (Array.isArray(rest[0]) ? rest[0] : []));
    if (steps === null) return query.call(this, config, ...rest);
    const callback = typeof rest.at(-1) === 'function' ? rest.pop() : null;
    const answer = run(this, steps, () => query.call(this, config, ...rest));
    if (callback === null) return answer;
    answer.then(
      (result) => callback(null, result),
      (error) => callback(error),
    );
  };

  /** The points before and after this statement, or null when it is of no interest. */
  function stepsOf(client, text, values) {
    const word = text.trimStart().slice(0, 8).toLowerCase();
    if (word.startsWith('begin')) {
      inTransaction.set(client, []);
      return null;
    }
    const open = inTransaction.get(client);
    if (word.startsWith('commit') || word.startsWith('rollback')) {
      inTransaction.delete(client);
      const ended = word.startsWith('commit') ? (open ?? []) : [];
      return ended.length === 0 ? null : { before: [], after: ended.map((label) => [label, 'after']) };
    }
    const found = mine.find(
      (entry) => entry.text.test(text) && (!entry.parameter || entry.parameter.test(String(values[1]))),
    );
    if (!found) return null;
    if (!found.transaction || open === undefined)
      return { before: [[found.label, 'before']], after: [[found.label, 'after']] };
    open.push(found.label);
    return { before: [[found.label, 'before']], after: [[found.label, 'inside']] };
  }
}

async function run(client, { before, after }, send) {
  for (const [label, stage] of before) cutIf(client, pass(label, stage));
  const result = await send();
  for (const [label, stage] of after) cutIf(client, pass(label, stage));
  return result;
}

/** The server may have done the work; whoever asked does not learn it. */
function cutIf(client, fault) {
  if (fault === null) return;
  client.connection?.stream?.destroy();
  throw connectionLost();
}
