import { text } from './sql.js';

const MOST_CHARACTERS = 2_000;
const CUT = ' … (cut)';

/** Colours and movements of the cursor, as programs write them for a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
const LINE_BREAKS = /\s*[\r\n\u2028\u2029]+\s*/g;
/** What would move the cursor of a terminal or turn the reading direction around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const HARMFUL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A message as one line that is harmless to show and of bounded length. */
export function lineText(message: string): string {
  const bounded = message.slice(0, 4 * MOST_CHARACTERS); // what follows is only worth its time for what can stay
  const line = bounded
    .replace(TERMINAL, '')
    .trim()
    .replace(LINE_BREAKS, ' ⏎ ')
    .replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const whole = bounded.length === message.length && line.length <= MOST_CHARACTERS;
  return text(whole ? line : line.slice(0, MOST_CHARACTERS - CUT.length) + CUT);
}
