import { z } from 'zod';
import { fashionCnn } from './fashion-cnn.js';
import { leedlCnn } from './leedl-cnn.js';
import { shapes } from './shapes.js';

/** Every preset, by kind. */
export const presets = { 'leedl-cnn': leedlCnn, 'fashion-cnn': fashionCnn, shapes };

export const PresetKind = z.enum(['leedl-cnn', 'fashion-cnn', 'shapes']);
export type PresetKind = z.output<typeof PresetKind>;
