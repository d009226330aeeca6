// Stacked Elman layers: each layer reads the hidden states of the layer below.
import type { tf } from '@lilformer/engine';
import { applyLayers, Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { recurrentCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { ElmanLayer, RecurrentLM } from './core/recurrent.js';

const { vocabSize, embedSize, hiddenSize, nLayers } = fields;
const config = defineConfig('multi-layer-rnn', { vocabSize, embedSize, hiddenSize, nLayers });

/** Layer l: `h_t = tanh(W_ih.l(h_t of layer l-1) + W_hh.l(h_(t-1)))`; logits `fc(h_t of the last layer)`. */
class MultiLayerRNN extends RecurrentLM {
  readonly config: ConfigOf<typeof config>;
  readonly embedding: Embedding;
  readonly W_ih: readonly Linear[];
  readonly W_hh: readonly Linear[];
  readonly fc: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, embedSize, hiddenSize, nLayers } = this.config;
    const layers = Array.from({ length: nLayers }, (_, layer) => layer);
    this.embedding = new Embedding(vocabSize, embedSize, random);
    this.W_ih = layers.map((layer) => new Linear(layer === 0 ? embedSize : hiddenSize, hiddenSize, random));
    this.W_hh = layers.map(() => new Linear(hiddenSize, hiddenSize, random));
    this.fc = new Linear(hiddenSize, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const layers = this.W_ih.map((W_ih, layer) => new ElmanLayer(W_ih, this.W_hh[layer]));
    return applyLayers(this.embedding.forward(ids), layers, options); // [B, T, H]
  }

  protected override get output(): Linear {
    return this.fc;
  }
}

export const multiLayerRNN = defineModel({
  config,
  summary: 'a recurrent network with several layers',
  create: (options: OptionsOf<typeof config>, random) => new MultiLayerRNN(options, random),
  stateDict: {
    recognize: (weights) => weights.has('W_ih.0.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('embedding.weight', 0),
      embedSize: weights.size('embedding.weight', 1),
      hiddenSize: weights.size('fc.weight', 1),
      nLayers: weights.count('W_ih'),
    }),
  },
  costs: (config) => recurrentCosts({ ...config, gates: 1 }),
});
