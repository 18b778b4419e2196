/** Every named point: `process:label:stage`. */
export const points: readonly string[];
