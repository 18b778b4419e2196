const LEAST_SECONDS = 1;

/**
 * Seconds between the checkpoints of this attempt: as many as the job asks for, and half of them for each attempt in a row
 * that was lost without a new one (`fruitless`). A job whose machines go away more often than its checkpoints come would
 * otherwise never end; the share of the time that checkpoints may take stays as it is. Null: none by time.
 */
export const checkpointSeconds = (asked: number | null, fruitless: number): number | null =>
  asked === null ? null : Math.max(LEAST_SECONDS, asked / 2 ** fruitless);
