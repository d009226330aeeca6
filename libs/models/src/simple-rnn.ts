// An Elman network (Elman, 1990; Mikolov et al., 2010): one token per step, and a hidden state that summarizes all before.
import type { tf } from '@lilformer/engine';
import { applyLayers, Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { recurrentCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { ElmanLayer, RecurrentLM } from './core/recurrent.js';

const { vocabSize, embedSize, hiddenSize } = fields;
const config = defineConfig('simple-rnn', { vocabSize, embedSize, hiddenSize });

/** `h_t = tanh(W_ih(embedding(token_t)) + W_hh(h_(t-1)))`, logits `fc(h_t)`. */
class SimpleRNN extends RecurrentLM {
  readonly config: ConfigOf<typeof config>;
  readonly embedding: Embedding;
  readonly W_ih: Linear;
  readonly W_hh: Linear;
  readonly fc: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, embedSize, hiddenSize } = this.config;
    this.embedding = new Embedding(vocabSize, embedSize, random);
    this.W_ih = new Linear(embedSize, hiddenSize, random);
    this.W_hh = new Linear(hiddenSize, hiddenSize, random);
    this.fc = new Linear(hiddenSize, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    return applyLayers(this.embedding.forward(ids), [new ElmanLayer(this.W_ih, this.W_hh)], options); // [B, T, H]
  }

  protected override get output(): Linear {
    return this.fc;
  }
}

export const simpleRNN = defineModel({
  config,
  summary: 'a recurrent network with one layer',
  create: (options: OptionsOf<typeof config>, random) => new SimpleRNN(options, random),
  stateDict: {
    recognize: (weights) => weights.has('W_ih.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('embedding.weight', 0),
      embedSize: weights.size('embedding.weight', 1),
      hiddenSize: weights.size('fc.weight', 1),
    }),
  },
  costs: (config) => recurrentCosts({ ...config, gates: 1, nLayers: 1 }),
});
