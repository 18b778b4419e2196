import { setImmediate } from 'node:timers/promises';
import { randomStream } from '@ravine/training';
import { PNG } from 'pngjs';
import { drawShape } from './draw.js';
import { forms, type ShapeName, shapeNames } from './forms.js';

export interface ShapesOptions {
  /** 0 … 2³² − 1; default 0. The same seed gives the same images. */
  seed?: number | undefined;
  /** Height and width in pixels, 8 … 512; default 32. */
  size?: number | undefined;
  /** Training images of each class; default 400. */
  perClass?: number | undefined;
  /** Test images of each class; default 100; 0 leaves the test split out. */
  testPerClass?: number | undefined;
  /** Default: all of `shapeNames`. */
  classes?: ShapeName[] | undefined;
}

export interface ShapeImage {
  /** `train/<class>/00000.png` or `test/<class>/00000.png` */
  path: string;
  png: Buffer;
}

/** Streams of the random generator from here on belong to the forms. */
const firstStream = 1024;

/** How many images are drawn before other work of the process gets its turn. */
const breath = 32;

/**
 * Coloured shapes under noise: a dataset that needs no download, which a small convolutional network learns and a
 * linear classifier does not (with the defaults: three convolutions of 32, 64 and 128 channels reach 0.97 test accuracy
 * in 4 epochs, a linear classifier 0.33 in 10). Image i of a class is the same whatever else is generated. Throws
 * RangeError.
 */
export async function* generateShapes(options: ShapesOptions = {}): AsyncGenerator<ShapeImage> {
  const { seed, size, perClass, testPerClass, classes } = check(options);
  let drawn = 0;
  for (const [split, count] of [
    ['train', perClass],
    ['test', testPerClass],
  ] as const)
    for (const name of classes)
      for (let i = 0; i < count; i++) {
        if (drawn++ % breath === 0) await setImmediate();
        const stream = firstStream + shapeNames.indexOf(name);
        const random = randomStream(seed, stream, split === 'train' ? 0 : 1, i);
        const pixels = drawShape(forms[name], size, random);
        yield { path: `${split}/${name}/${String(i).padStart(5, '0')}.png`, png: encode(pixels, size) };
      }
}

/** How many images `generateShapes` yields. */
export function countShapes(options: ShapesOptions = {}): number {
  const { perClass, testPerClass, classes } = check(options);
  return classes.length * (perClass + testPerClass);
}

function check(
  options: ShapesOptions,
): Required<{ [K in keyof ShapesOptions]: NonNullable<ShapesOptions[K]> }> {
  const { seed = 0, size = 32, perClass = 400, testPerClass = 100, classes = shapeNames } = options;
  const whole = (name: string, value: number, least: number, most: number) => {
    if (!Number.isInteger(value) || value < least || value > most)
      throw new RangeError(`${name} is ${value}; it must be a whole number from ${least} to ${most}`);
  };
  whole('seed', seed, 0, 0xffff_ffff);
  whole('size', size, 8, 512);
  whole('perClass', perClass, 1, 100_000);
  whole('testPerClass', testPerClass, 0, 100_000);
  for (const name of classes)
    if (!Object.hasOwn(forms, name))
      throw new RangeError(`there is no shape "${name}"; there are ${shapeNames.join(', ')}`);
  if (classes.length < 2 || new Set(classes).size !== classes.length)
    throw new RangeError(`classes are [${classes.join(', ')}]; two or more different ones are needed`);
  return { seed, size, perClass, testPerClass, classes };
}

function encode(pixels: Uint8Array, size: number): Buffer {
  const image = new PNG({ width: size, height: size });
  image.data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length);
  // Noise does not compress: the fastest settings cost no more bytes.
  return PNG.sync.write(image, {
    inputColorType: 2,
    colorType: 2,
    inputHasAlpha: false,
    deflateLevel: 1,
    filterType: 0,
  });
}
