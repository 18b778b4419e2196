/** The networks that are timed: what the engine gets as a recipe, the peer builds by the same name in peer.py. */

const conv = (outChannels, more = {}) => ({ kind: 'conv2d', outChannels, ...more });

/** conv-BN-ReLU-conv-BN, plus the input (through a 1×1 convolution where the shape changes), then ReLU. */
function basicBlock(name, from, outChannels, stride, changesShape) {
  const bare = { bias: false };
  const layers = [
    { ...conv(outChannels, { stride, ...bare }), from },
    { kind: 'batch-norm' },
    { kind: 'relu' },
    conv(outChannels, bare),
    { kind: 'batch-norm', name: `${name}-main` },
  ];
  if (changesShape)
    layers.push(
      { ...conv(outChannels, { kernel: 1, stride, ...bare }), from },
      { kind: 'batch-norm', name: `${name}-side` },
    );
  layers.push(
    { kind: 'add', from: `${name}-main`, with: [changesShape ? `${name}-side` : from] },
    { kind: 'relu', name: `${name}-out` },
  );
  return layers;
}

/** ResNet-18 (He et al. 2015) with the stem for 32×32 images: one 3×3 convolution, no pooling. */
function resnet18() {
  const layers = [conv(64, { bias: false }), { kind: 'batch-norm' }, { kind: 'relu', name: 'stem' }];
  let from = 'stem';
  for (const [stage, channels] of [64, 128, 256, 512].entries())
    for (const block of [0, 1]) {
      const name = `s${stage + 1}b${block + 1}`;
      const first = stage > 0 && block === 0;
      layers.push(...basicBlock(name, from, channels, first ? 2 : 1, first));
      from = `${name}-out`;
    }
  layers.push({ kind: 'global-average-pool' }, { kind: 'linear', outFeatures: 'classes' });
  return layers;
}

const fashionMnist = [
  conv(32),
  { kind: 'relu' },
  conv(64),
  { kind: 'relu' },
  { kind: 'max-pool' },
  conv(128),
  { kind: 'relu' },
  { kind: 'max-pool' },
  { kind: 'flatten' },
  { kind: 'linear', outFeatures: 128 },
  { kind: 'relu' },
  { kind: 'linear', outFeatures: 'classes' },
];

/** Adam with L2 as the homework has it; the gradient is clipped where `clip` is set. */
export const workloads = {
  'leedl-cnn': {
    architecture: { kind: 'leedl-cnn' },
    input: { channels: 3, height: 128, width: 128 },
    classes: 11,
    clip: 10,
  },
  'fashion-mnist': {
    architecture: { kind: 'layers', layers: fashionMnist },
    input: { channels: 1, height: 28, width: 28 },
    classes: 10,
    clip: null,
  },
  'resnet-18': {
    architecture: { kind: 'layers', layers: resnet18() },
    input: { channels: 3, height: 32, width: 32 },
    classes: 10,
    clip: null,
  },
};
