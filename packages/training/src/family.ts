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
