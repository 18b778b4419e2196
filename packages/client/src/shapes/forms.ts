/**
 * A form as a signed distance: negative inside, 0 on the outline, in units in which the form fits into a circle of
 * radius 1 around the origin. Exact near the outline, which is what smooth edges need.
 */
export type Form = (x: number, y: number) => number;

const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);
const box = (x: number, y: number, halfWidth: number, halfHeight: number): number =>
  Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);

/** Distance to a star of five points: folded into one tenth of it, which one straight line bounds. */
const star: Form = (x, y) => {
  const tip = [1, 0] as const;
  const angle = Math.PI / 5;
  const dent = [0.45 * Math.cos(angle), 0.45 * Math.sin(angle)] as const;
  const turn = Math.atan2(y, x) / (2 * angle);
  const folded = Math.abs(turn - Math.round(turn)) * 2 * angle;
  const radius = length(x, y);
  const [px, py] = [radius * Math.cos(folded) - tip[0], radius * Math.sin(folded)];
  const [ex, ey] = [dent[0] - tip[0], dent[1] - tip[1]];
  return (px * ey - py * ex) / length(ex, ey);
};

const triangle: Form = (x, y) => Math.max(-y, 0.5 * y + 0.866 * x, 0.5 * y - 0.866 * x) - 0.5;

/** Two triangles that touch with a point. */
const hourglass: Form = (x, y) =>
  Math.max(Math.abs(y) - 0.8, (Math.abs(x) - 0.65 * Math.abs(y) - 0.05) * 0.84);

/** By class name, in the order of their numbers in the random draws: new ones go to the end. */
export const forms = {
  circle: (x, y) => length(x, y) - 0.85,
  square: (x, y) => box(x, y, 0.7, 0.7),
  triangle,
  cross: (x, y) => Math.min(box(x, y, 0.26, 0.95), box(x, y, 0.95, 0.26)),
  ring: (x, y) => Math.abs(length(x, y) - 0.7) - 0.2,
  star,
  crescent: (x, y) => Math.max(length(x, y) - 0.95, 0.75 - length(x - 0.45, y)),
  hourglass,
} as const satisfies Record<string, Form>;

export type ShapeName = keyof typeof forms;

export const shapeNames = Object.keys(forms) as ShapeName[];
