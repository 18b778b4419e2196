/**
 * Text of a service as a terminal may show it. Names of classes, files and jobs come from strangers: what would move the
 * cursor, colour the screen or turn the reading direction around is written as \uXXXX, which JSON reads back unchanged.
 */
export const printable = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
