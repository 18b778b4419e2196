/** Every named point: `process:label:stage`. */
export const points: readonly string[];
/** Points where a connection can break, so that nobody knows whether the server has done the work. */
export const cuttable: readonly string[];
