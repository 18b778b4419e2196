import type { Operation } from '../operations/index.js';
import { affineOperation, type Sampling } from './affine-matrix.js';
import type { ImageSize } from './definition.js';

/** Largest strengths of the operations that a policy chooses from. */
export interface PolicySpace {
  shear: number;
  /** Pixels along x and along y. */
  translate: [number, number];
  rotate: number;
  /** Largest difference of a blend's factor from 1. */
  factor: number;
  /** Bits that posterize takes away at most. */
  posterize: number;
}

/** AutoAugment's space, which RandAugment shares (torchvision's numbers). */
export const autoAugmentSpace = ({ height, width }: ImageSize): PolicySpace => ({
  shear: 0.3,
  translate: [(150 / 331) * width, (150 / 331) * height],
  rotate: 30,
  factor: 0.9,
  posterize: 4,
});

/** TrivialAugment's wide space. */
export const wideSpace: PolicySpace = {
  shear: 0.99,
  translate: [32, 32],
  rotate: 135,
  factor: 0.99,
  posterize: 6,
};

/** How strong an operation is: `share` of its largest strength, 0 … 1, and −1 or 1 where it can go either way. */
interface Strength {
  share: number;
  sign: number;
}

const degrees = (tangent: number): number => (Math.atan(tangent) * 180) / Math.PI;
const corner: [number, number] = [0, 0];

type Make = (space: PolicySpace, strength: Strength, image: ImageSize, sampling: Sampling) => Operation[];

const blendOperation =
  (kind: 'brightness' | 'saturation' | 'contrast' | 'sharpness'): Make =>
  ({ factor }, { share, sign }) => [{ kind, parameters: [1 + sign * share * factor] }];

const plain =
  (kind: 'autocontrast' | 'equalize' | 'invert'): Make =>
  () => [{ kind, parameters: [] }];

/** What the policies' names mean, as torchvision reads them; shears keep the top left corner. */
export const policyOperations = {
  identity: () => [],
  'shear-x': (space, { share, sign }, image, sampling) => [
    affineOperation({ shear: [degrees(sign * share * space.shear), 0], centre: corner }, image, sampling),
  ],
  'shear-y': (space, { share, sign }, image, sampling) => [
    affineOperation({ shear: [0, degrees(sign * share * space.shear)], centre: corner }, image, sampling),
  ],
  'translate-x': (space, { share, sign }, image, sampling) => [
    affineOperation({ shift: [Math.trunc(sign * share * space.translate[0]), 0] }, image, sampling),
  ],
  'translate-y': (space, { share, sign }, image, sampling) => [
    affineOperation({ shift: [0, Math.trunc(sign * share * space.translate[1])] }, image, sampling),
  ],
  // torchvision's F.rotate turns the other way than its F.affine.
  rotate: (space, { share, sign }, image, sampling) => [
    affineOperation({ rotation: -sign * share * space.rotate }, image, sampling),
  ],
  brightness: blendOperation('brightness'),
  color: blendOperation('saturation'),
  contrast: blendOperation('contrast'),
  sharpness: blendOperation('sharpness'),
  posterize: (space, { share }) => [
    { kind: 'posterize', parameters: [8 - Math.round(share * space.posterize)] },
  ],
  solarize: (_, { share }) => [{ kind: 'solarize', parameters: [255 * (1 - share)] }],
  autocontrast: plain('autocontrast'),
  equalize: plain('equalize'),
  invert: plain('invert'),
} satisfies Record<string, Make>;
export type PolicyName = keyof typeof policyOperations;

/** The 14 operations of RandAugment and TrivialAugment: all but invert. */
export const randomNames = (Object.keys(policyOperations) as PolicyName[]).filter(
  (name) => name !== 'invert',
);

export const policyOperation = (name: PolicyName): Make => policyOperations[name];
