export { shapesArchive } from './archive.js';
export { type ShapeName, shapeNames } from './forms.js';
export { countShapes, generateShapes, type ShapeImage, type ShapesOptions } from './generate.js';
