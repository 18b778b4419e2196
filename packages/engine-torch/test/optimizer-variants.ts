import { optimizers, type RecipeInput } from '@ravine/training';

type Optimizer = NonNullable<RecipeInput['optimizer']>;
/** Every rule in every form that has code of its own, as the definitions list them. */
export const optimizerVariants = Object.values(optimizers).flatMap(({ kind, variants }) =>
  variants.map((variant) => ({ kind, ...variant }) as Optimizer),
);
