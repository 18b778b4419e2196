import { z } from 'zod';

/** What everything with a kind says about itself. */
export interface Described<Kind extends string> {
  kind: Kind;
  title: string;
  /** One line. */
  summary: string;
  /** The equation in one line; null where there is none. */
  formula: string | null;
  /** Where it was published; null where it has no paper. */
  paper: string | null;
}

/** What every entry of a family that recipes name says about itself: catalog, reference pages and forms are made from it. */
export interface FamilyEntry<Kind extends string> extends Described<Kind> {
  /** For whom or what it is the right choice, in one line. */
  whenToUse: string;
  /** Where PyTorch (torchvision), Keras or the paper mean something else by the name; null where there is nothing to say. */
  conventions: string | null;
}

/** Each entry under its kind, with its own type. */
type ByKind<Entry extends { kind: string }> = { [E in Entry as E['kind']]: E };

/** The entries of a family by kind. */
export const byKind = <Entry extends { kind: string }>(entries: Entry[]): ByKind<Entry> =>
  Object.fromEntries(entries.map((one) => [one.kind, one])) as ByKind<Entry>;

/** What has the form of one of the schemas, by its `kind`. */
export const oneOf = <Schema extends z.core.$ZodTypeDiscriminable>(schemas: Schema[]) =>
  z.discriminatedUnion('kind', schemas as [Schema, ...Schema[]]);
