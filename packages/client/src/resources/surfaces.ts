import type { BodyOf, CallOptions, Transport } from '../transport.js';

export const createSurfaces = ({ json }: Transport) => ({
  /** Error surfaces over two parameters. */
  list: (call?: CallOptions) => json('listSurfaces', {}, call),
  /** The path of an optimizer with a schedule on one of them. */
  run: (body: BodyOf<'runSurface'>, call?: CallOptions) => json('runSurface', { body }, call),
});
