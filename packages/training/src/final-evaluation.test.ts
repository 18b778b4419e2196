import { expect, it } from 'vitest';
import { createReferenceEngine } from '../test/reference-engine.js';
import { toyRun } from '../test/toy-run.js';
import type { Engine, SampleResults, Session } from './engine.js';

/** An engine that finds the loss of the first image of the test split not to be finite. */
function withLossOnTest(loss: number): Engine {
  const engine = createReferenceEngine();
  const spoil = (results: SampleResults): SampleResults => ({
    ...results,
    losses: results.losses.with(0, loss),
  });
  return {
    ...engine,
    open: async (...asked) => {
      const session: Session = await engine.open(...asked);
      return {
        ...session,
        evaluate: async (view, options) => {
          const results = await session.evaluate(view, options);
          return view.split === 'test' ? spoil(results) : results;
        },
      };
    },
  };
}

it.each([Number.NaN, Number.POSITIVE_INFINITY])(
  'a final loss of %d is a failure that is told',
  async (loss) => {
    const { outcome, reports, last } = await toyRun({}, { engine: withLossOnTest(loss) });
    expect(outcome).toMatchObject({
      status: 'failed',
      failure: { class: 'non_finite', code: 'evaluation_not_finite', evidence: { loss: String(loss) } },
    });
    expect(reports.map(({ type }) => type)).not.toContain('evaluation');
    expect(last('best').metadata.role).toBe('best');
  },
);
