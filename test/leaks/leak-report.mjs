const CANARY = 'canary_leak';

/** The leaks of a LeakSanitizer report, each with its stack; suppresses nothing, whichever library allocated it. */
const leaksIn = (report) =>
  report.split(/\n\s*\n/).filter((block) => /(Direct|Indirect) leak of \d+ byte/.test(block));

/** What is wrong according to the sanitizer, as texts; nothing when the canary is the only leak. */
export function problemsIn({ code, signal, out, err }) {
  if (/LeakSanitizer has encountered a fatal error/.test(err))
    return [`LeakSanitizer gave up:\n${err.trim()}`];
  if (/ERROR: AddressSanitizer/.test(err)) return [err.trim()];
  if (code !== 0 || !out.includes('{')) return [`the run ended with ${signal ?? code}:\n${err.trim()}`];
  const leaks = leaksIn(err);
  if (!leaks.some((leak) => leak.includes(CANARY)))
    return [
      `LeakSanitizer did not report the leak that was made on purpose, so it reports nothing:\n${err.trim()}`,
    ];
  return leaks.filter((leak) => !leak.includes(CANARY));
}
