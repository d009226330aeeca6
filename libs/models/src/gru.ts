// A recurrent model with gates (GRU; Cho et al., 2014): a reset and an update gate decide how much of the hidden state to keep.
import type { tf } from '@lilformer/engine';
import { applyLayers, Embedding, GRUCell, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { defineConfig, fields, type ConfigOf, type OptionsOf } from './core/config.js';
import { recurrentCosts } from './core/costs.js';
import { defineModel } from './core/definition.js';
import { RecurrentLM } from './core/recurrent.js';

const { vocabSize, embedSize, hiddenSize } = fields;
const config = defineConfig('gru', { vocabSize, embedSize, hiddenSize });

/** `h_t = gru_cell(embedding(token_t), h_(t-1))`, logits `fc(h_t)`. */
export class GRULM extends RecurrentLM {
  readonly config: ConfigOf<typeof config>;
  readonly embedding: Embedding;
  readonly gru_cell: GRUCell;
  readonly fc: Linear;

  /** @throws RangeError naming each field that is unknown, missing or out of range */
  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, embedSize, hiddenSize } = this.config;
    this.embedding = new Embedding(vocabSize, embedSize, random);
    this.gru_cell = new GRUCell(embedSize, hiddenSize, random);
    this.fc = new Linear(hiddenSize, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { gru_cell } = this;
    const unroll = {
      forward: (x: tf.Tensor3D, layerOptions: ForwardOptions) => gru_cell.unroll(x, layerOptions),
    };
    return applyLayers(this.embedding.forward(ids), [unroll], options); // [B, T, H]
  }

  protected override get output(): Linear {
    return this.fc;
  }
}

export const gru = defineModel({
  config,
  summary: 'a recurrent network with gates',
  create: (options: OptionsOf<typeof config>, random) => new GRULM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('gru_cell.W_xr.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('embedding.weight', 0),
      embedSize: weights.size('embedding.weight', 1),
      hiddenSize: weights.size('fc.weight', 1),
    }),
  },
  costs: (config) => recurrentCosts({ ...config, gates: 3, nLayers: 1 }),
});
