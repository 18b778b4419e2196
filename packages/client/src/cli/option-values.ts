import { InvalidArgumentError } from 'commander';

export function numberValue(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number');
  return value;
}

export function integerValue(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}

/** Comma-separated whole numbers. */
export const integerList = (text: string): number[] =>
  text.split(',').map((part) => integerValue(part.trim()));

/** Comma-separated numbers. */
export const decimalList = (text: string): number[] => text.split(',').map((part) => numberValue(part));

/** Comma-separated names. */
export const namesValue = (text: string): string[] => text.split(',').map((name) => name.trim());

/** Repeatable. */
export const numberList = (text: string, before: number[] = []): number[] => [...before, numberValue(text)];

export const listValue = (text: string, before: string[] = []): string[] => [...before, text];

/** Repeatable `key=value`. */
export function pairValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('must look like key=value');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
