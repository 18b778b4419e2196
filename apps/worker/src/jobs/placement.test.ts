import { describe, expect, it } from 'vitest';
import { placeJob, type Wish } from './placement.js';

const device = (id: string, kind: 'cpu' | 'cuda', fastBf16 = false) => ({
  id,
  kind,
  name: id,
  memoryBytes: null,
  fastBf16,
});
const torch = {
  name: 'torch',
  available: true,
  reason: null,
  libraries: {},
  devices: [device('cpu', 'cpu', true), device('cuda:0', 'cuda', true), device('cuda:1', 'cuda')],
};
const missing = { name: 'torch', available: false, reason: 'type apt-get', libraries: {}, devices: [] };
const auto: Wish = { engine: 'auto', device: 'auto', precision: 'auto' };
const idle = () => 0;

describe('placeJob', () => {
  it('takes a device of the kind of the queue and bf16 where that is fast', () => {
    expect(placeJob(auto, 'cpu', [torch], idle)).toEqual({
      engine: 'torch',
      device: 'cpu',
      precision: 'bf16',
    });
  });

  it('takes the device with the fewest runs', () => {
    const runs = (id: string) => (id === 'cuda:0' ? 1 : 0);
    expect(placeJob(auto, 'cuda', [torch], runs)).toEqual({
      engine: 'torch',
      device: 'cuda:1',
      precision: 'fp32',
    });
  });

  it('obeys a wanted precision, whatever is faster', () => {
    const wish = { engine: 'torch', device: 'cpu', precision: 'fp32' } as const;
    expect(placeJob(wish, 'cpu', [torch], idle)).toMatchObject({ device: 'cpu', precision: 'fp32' });
  });

  it('refuses with the reason of the engine that is missing', () => {
    expect(placeJob(auto, 'cpu', [missing], idle)).toMatchObject({
      class: 'config',
      code: 'engine_unavailable',
      message: 'engine torch is not available: type apt-get',
      retryable: false,
    });
  });

  it('refuses an engine that this worker does not know and a device that it does not have', () => {
    expect(placeJob({ ...auto, engine: 'torch' }, 'cpu', [{ ...torch, name: 'other' }], idle)).toMatchObject({
      message: 'recipe.engine: "torch" is not an engine of this worker',
    });
    const onCpu = { ...torch, devices: torch.devices.slice(0, 1) };
    expect(placeJob({ ...auto, device: 'cuda' }, 'cuda', [onCpu], idle)).toMatchObject({
      message: 'engine torch has no device "cuda"',
    });
  });
});
