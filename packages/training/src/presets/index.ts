import { z } from 'zod';
import { Augmentation } from '../augmentations/index.js';
import type { RunOptionsInput } from '../run-options.js';
import { fashionCnn } from './fashion-cnn.js';
import { fashion1Min, fashion5Min, fashion30Min } from './fashion-minutes.js';
import { homeworkBoss, homeworkMedium, homeworkSimple, homeworkStrong } from './homework.js';
import { leedlCnn } from './leedl-cnn.js';
import { shapes } from './shapes.js';

export type { MeasuredPreset, PresetOrigin } from './definition.js';

/** Every preset, by kind. */
export const presets = {
  'leedl-cnn': leedlCnn,
  'hw3-simple': homeworkSimple,
  'hw3-medium': homeworkMedium,
  'hw3-strong': homeworkStrong,
  'hw3-boss': homeworkBoss,
  'fashion-cnn': fashionCnn,
  'fashion-1min': fashion1Min,
  'fashion-5min': fashion5Min,
  'fashion-30min': fashion30Min,
  shapes,
};

export const PresetKind = z.enum(Object.keys(presets) as (keyof typeof presets)[]);
export type PresetKind = z.output<typeof PresetKind>;

/** The preset's augmentation with every default filled in. */
export const presetAugmentation = (kind: PresetKind): Augmentation[] => {
  const { recipe }: { recipe: RunOptionsInput } = presets[kind];
  return z.array(Augmentation).parse(recipe.augmentation ?? []);
};
