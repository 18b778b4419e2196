import { z } from 'zod';
import type { SpecIssue } from '../spec-error.js';
import { augmented } from './augmented.js';
import type { TestTimeContext, TestTimeDefinition, TestTimeView } from './definition.js';
import { flips } from './flips.js';
import { shifts } from './shifts.js';

export type { TestTimeContext, TestTimeView } from './definition.js';

/** Every way of test-time augmentation, by kind. */
export const testTimeAugmentations = { augmented, flips, shifts };
export type TestTimeKind = keyof typeof testTimeAugmentations;

export const TestTimeAugmentation = z
  .discriminatedUnion('kind', [augmented.options, flips.options, shifts.options])
  .describe('Views of each image whose outputs are averaged in the final evaluation, beside the plain one');
export type TestTimeAugmentation = z.output<typeof TestTimeAugmentation>;

const definition = (kind: TestTimeKind) =>
  testTimeAugmentations[kind] as unknown as TestTimeDefinition<TestTimeKind, TestTimeAugmentation>; // options match their own kind

/** What the options demand that the recipe or its images cannot give. */
export const testTimeProblems = (options: TestTimeAugmentation, context: TestTimeContext): SpecIssue[] =>
  definition(options.kind).problems(options, context);

/** The views of each image; their weights sum to 1. */
export const testTimeViews = (options: TestTimeAugmentation, context: TestTimeContext): TestTimeView[] =>
  definition(options.kind).views(options, context);
