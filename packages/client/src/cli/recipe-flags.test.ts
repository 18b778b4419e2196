import { expect, it } from 'vitest';
import { UsageError } from './exit-code.js';
import { applyRecipeFlags } from './recipe-flags.js';

const preset = async () => ({ optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9 }, epochs: 6 });

it('writes plain flags over the recipe and leaves the rest', async () => {
  const recipe = await applyRecipeFlags(
    { dataset: 'ds_1', epochs: 3, seed: 7 },
    { epochs: 5, batchSize: 32 },
    preset,
  );
  expect(recipe).toEqual({ dataset: 'ds_1', epochs: 5, seed: 7, batchSize: 32 });
});

it('keeps the options of an optimizer of the same kind only', async () => {
  const start = { optimizer: { kind: 'adam', beta1: 0.8 } };
  expect(
    (await applyRecipeFlags(start, { optimizer: 'adam', learningRate: 1e-3 }, preset)).optimizer,
  ).toEqual({
    kind: 'adam',
    beta1: 0.8,
    learningRate: 1e-3,
  });
  expect((await applyRecipeFlags(start, { optimizer: 'sgd' }, preset)).optimizer).toEqual({ kind: 'sgd' });
  expect(start.optimizer).toEqual({ kind: 'adam', beta1: 0.8 });
});

it('reaches into a field of the preset without losing the rest of it', async () => {
  const recipe = await applyRecipeFlags({ preset: 'p' }, { set: ['optimizer.learningRate=1e-2'] }, preset);
  expect(recipe).toEqual({ preset: 'p', optimizer: { kind: 'sgd', learningRate: 0.01, momentum: 0.9 } });
});

it('reads values as JSON, else as text, and reaches into lists', async () => {
  const start = { schedule: [{ kind: 'warmup', for: { epochs: 1 } }] };
  const set = [
    'schedule.0.for.epochs=2',
    'gradientClip=null',
    'device=cpu',
    'augmentation=[{"kind":"horizontal-flip"}]',
    'loss.kind=mse',
  ];
  expect(await applyRecipeFlags(start, { set }, preset)).toEqual({
    schedule: [{ kind: 'warmup', for: { epochs: 2 } }],
    gradientClip: null,
    device: 'cpu',
    augmentation: [{ kind: 'horizontal-flip' }],
    loss: { kind: 'mse' },
  });
});

it('takes no field from what every object has', async () => {
  const recipe = await applyRecipeFlags({}, { set: ['constructor.prototype.x=1'] }, async () => ({}));
  expect(recipe).toEqual({ constructor: { prototype: { x: 1 } } });
});

it.each(['epochs', '=3', 'a..b=1', '__proto__.x=1', 'epochs.x=1'])('refuses --set %s', async (text) => {
  await expect(applyRecipeFlags({ epochs: 3 }, { set: [text] }, preset)).rejects.toThrow(UsageError);
});
