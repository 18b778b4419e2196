import sharp, { type Sharp } from 'sharp';

/** Pixels that differ for each seed. */
export function noise(bytes: number, seed: number): Buffer {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Buffer.from(
    Array.from({ length: bytes }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

export function rawImage(height: number, width: number, channels: 1 | 3, seed: number): Sharp {
  return sharp(noise(height * width * channels, seed), { raw: { width, height, channels } });
}

export const png = (seed: number, height = 8, width = 8): Promise<Buffer> =>
  rawImage(height, width, 3, seed).png().toBuffer();

/** Files of `classes` with `perClass` images each: `prefix<class>/<number>.png`. */
export async function classFolders(
  classes: string[],
  perClass: number,
  prefix = '',
  firstSeed = 1,
): Promise<{ name: string; content: Buffer }[]> {
  const files = classes.flatMap((name, c) =>
    Array.from({ length: perClass }, async (_, i) => ({
      name: `${prefix}${name}/${i}.png`,
      content: await png(firstSeed + c * 1000 + i),
    })),
  );
  return Promise.all(files);
}
