/** The run was asked to end; thrown where that leaves work half done. */
export class Interrupted extends Error {}
