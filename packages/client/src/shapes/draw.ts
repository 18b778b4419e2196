import type { RandomStream } from '@ravine/training';
import type { Form } from './forms.js';

type Colour = [number, number, number];

/**
 * Draws one form in a random light colour, place, size and angle on a ground that fades from one dark colour to
 * another, among specks and under Gaussian noise. Returns size × size RGB pixels, uint8 HWC.
 */
export function drawShape(form: Form, size: number, random: RandomStream): Uint8Array {
  const radius = between(random, 0.24, 0.4) * size;
  const centreX = between(random, radius, size - radius);
  const centreY = between(random, radius, size - radius);
  const angle = between(random, 0, 2 * Math.PI);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const paint = drawColours(random);
  const specks = drawSpecks(size, random);
  const noise = between(random, 8, 32);
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const dx = (x + 0.5 - centreX) / radius;
      const dy = (y + 0.5 - centreY) / radius;
      const distance = form(dx * cos + dy * sin, dy * cos - dx * sin) * radius;
      // The part of the pixel that the form covers, for smooth edges.
      const cover = Math.min(1, Math.max(0, 0.5 - distance));
      const fade = (x + y) / (2 * size);
      const speck = specks[y * size + x]!;
      for (let c = 0; c < 3; c++) {
        const ground = paint.ground[c]! * (1 - fade) + paint.far[c]! * fade;
        const value = (ground * (1 - cover) + paint.form[c]! * cover) * (1 - speck) + 255 * speck;
        pixels[(y * size + x) * 3 + c] = clamp(value + noise * random.normal());
      }
    }
  return pixels;
}

const between = (random: RandomStream, low: number, high: number): number =>
  low + (high - low) * random.uniform();

const clamp = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

const colour = (random: RandomStream, low: number, high: number): Colour => [
  low + random.below(high - low),
  low + random.below(high - low),
  low + random.below(high - low),
];

/** A light form on a dark ground: which is which is not part of the riddle. */
function drawColours(random: RandomStream): { ground: Colour; far: Colour; form: Colour } {
  return { ground: colour(random, 0, 110), far: colour(random, 0, 110), form: colour(random, 140, 256) };
}

/** Whiteness of each pixel from up to six bright dots, so that a single bright spot says nothing. */
function drawSpecks(size: number, random: RandomStream): Float32Array {
  const specks = new Float32Array(size * size);
  for (let left = random.below(7); left > 0; left--)
    specks[random.below(specks.length)] = between(random, 0.4, 0.9);
  return specks;
}
