import { z } from 'zod';
import type { LayerInput } from '../layers.js';
import { InitializerKind } from '../parameters.js';
import { type ArchitectureDefinition, tooSmall } from './definition.js';

const options = z.strictObject({ kind: z.literal('leedl-cnn'), initializer: InitializerKind });

const CHANNELS = [64, 128, 256, 512, 512];
const MINIMUM_SIZE = 8;

/**
 * The reference network: five blocks of conv3×3, batch norm, ReLU and 2×2 max pooling, then 1024-512-classes.
 * 12,833,803 parameters at 3×128×128 and 11 classes. Smaller images are pooled until one row or column is left.
 */
export const leedlCnn = {
  kind: 'leedl-cnn',
  title: 'LeeDL CNN',
  summary:
    'Five conv-norm-ReLU-pool blocks (64-128-256-512-512) and three linear layers; made for 128×128 photographs.',
  formula: null,
  paper: 'Machine Learning 2022 Spring, Hung-yi Lee, homework 3 (LeeDL tutorial)',
  options,
  layers: (_, input) => {
    let size = Math.min(input.height, input.width);
    if (size < MINIMUM_SIZE) return tooSmall('LeeDL CNN', MINIMUM_SIZE, input);
    const layers: LayerInput[] = [];
    for (const outChannels of CHANNELS) {
      layers.push({ kind: 'conv2d', outChannels }, { kind: 'batch-norm' }, { kind: 'relu' });
      if (size < 2) continue;
      layers.push({ kind: 'max-pool' });
      size = Math.floor(size / 2);
    }
    layers.push(
      { kind: 'flatten' },
      { kind: 'linear', outFeatures: 1024 },
      { kind: 'relu' },
      { kind: 'linear', outFeatures: 512 },
      { kind: 'relu' },
      { kind: 'linear', outFeatures: 'classes' },
    );
    return layers;
  },
} satisfies ArchitectureDefinition<'leedl-cnn', z.output<typeof options>>;
