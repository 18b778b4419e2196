// Every primitive pixel operation: one line each.
export { affine } from './affine.js';
export { autocontrast } from './autocontrast.js';
export { blur } from './blur.js';
export { brightness } from './brightness.js';
export { contrast } from './contrast.js';
export { equalize } from './equalize.js';
export { erase } from './erase.js';
export { grayscale } from './grayscale.js';
export { hue } from './hue.js';
export { invert } from './invert.js';
export { posterize } from './posterize.js';
export { saturation } from './saturation.js';
export { sharpness } from './sharpness.js';
export { solarize } from './solarize.js';
