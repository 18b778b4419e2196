/** What the command line touches of its process; tests hand in their own. */
export interface Io {
  /** Data. */
  out(text: string): void;
  /** Progress, notes and errors. */
  err(text: string): void;
  env: Record<string, string | undefined>;
  /** Width of the terminal behind stderr; null when it is none, then nothing is redrawn. */
  columns: number | null;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  readStdin(): Promise<string>;
  /** Where a service of this checkout keeps its data when RAVINE_DATA is not set. */
  defaultDataFolder: string;
}
