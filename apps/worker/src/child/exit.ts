/** How a child ended. */
export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines of its standard error. */
  stderr: string[];
  /** Whether it ended by SIGKILL as the kernel's out-of-memory killer struck, or gave up itself. */
  outOfMemory: boolean;
  /** Whether somebody else ended it by SIGKILL: a person, an init system, a container's limit that nothing counts. */
  killed: boolean;
  /** Whether it was ended because it gave no sign of life. */
  frozen: boolean;
}

/** The system gave no process: neither a code nor a signal tells how it ended. */
export const UNSTARTED: ChildExit = {
  code: null,
  signal: null,
  stderr: [],
  outOfMemory: false,
  killed: false,
  frozen: false,
};

export const neverBegan = ({ code, signal }: Pick<ChildExit, 'code' | 'signal'>): boolean =>
  code === null && signal === null;

/** What the C++ library and V8 print before they abort a process that gets no more memory. */
export const saysOutOfMemory = (signal: NodeJS.Signals | null, stderr: readonly string[]): boolean =>
  signal === 'SIGABRT' &&
  stderr.some((line) => /std::bad_alloc|heap out of memory|Fatal process out of memory/.test(line));

/** `abort() after "…"` in words, for messages to the user. */
export function describeExit(exit: Pick<ChildExit, 'code' | 'signal'>): string {
  const { code, signal } = exit;
  if (neverBegan(exit)) return 'could not be started';
  return signal ? `was ended by signal ${signal}` : `ended with exit code ${code}`;
}
