/** One thing that is wrong with a recipe: where (keys and indices from the recipe's root) and what to do. */
export interface SpecIssue {
  path: (string | number)[];
  message: string;
}

/** A recipe that is well formed but makes no sense, alone or for its dataset. Lists every problem found. */
export class SpecError extends Error {
  constructor(readonly issues: SpecIssue[]) {
    super(issues.map((issue) => `${issue.path.join('.') || 'recipe'}: ${issue.message}`).join('; '));
    this.name = 'SpecError';
  }
}
