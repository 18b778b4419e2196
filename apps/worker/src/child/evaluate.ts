import { readFile } from 'node:fs/promises';
import type { CombinedResult } from '@ravine/contracts';
import { openPacked } from '@ravine/datasets';
import { evaluateMembers, evaluateResults, type Session } from '@ravine/training';
import { openModel, viewsOf } from './model-session.js';
import type { ToChild } from './protocol.js';

type Request = Extract<ToChild<'predict'>, { type: 'evaluate' }>;

const BATCH = 64;

/** How well the models do together on the split. Throws EngineError, SafetensorsError, or DatasetError. */
export async function evaluateTogether(request: Request): Promise<CombinedResult> {
  const { members, combination, manifest, split, files, topK } = request;
  const data = await openPacked(manifest, (key) => readFile(files[key] ?? key), [split]);
  const labels = data.splits[split]?.labels ?? new Uint16Array();
  const classes = data.classes.length;
  const sessions: Session[] = [];
  try {
    for (const { model } of members) sessions.push(await openModel(model, data.splits, request));
    const together = members.map(({ model, weight }, i) => ({
      session: sessions[i] as Session,
      weight,
      ...viewsOf(model),
    }));
    const options = { combination, classes, topK, batchSize: BATCH };
    const results = await evaluateMembers(together, { split, indices: null }, labels, options);
    const { testTimeAugmentation: _, ...evaluation } = evaluateResults(split, results, labels, data.classes);
    return evaluation;
  } finally {
    for (const session of sessions) await session.close();
  }
}
