/** What every entry of a family says about itself: the catalog, the CLI help and the forms are made from it. */
export interface FamilyEntry<Kind extends string> {
  kind: Kind;
  title: string;
  /** One line. */
  summary: string;
  /** The equation in one line; null where there is none. */
  formula: string | null;
  /** Where it was published; null where it has no paper. */
  paper: string | null;
}
