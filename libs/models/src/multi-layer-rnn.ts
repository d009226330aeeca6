// Recurrent layers on top of each other: each reads the states of the one below as if they were its text.
import type { tf } from '@lilformer/engine';
import { Embedding, Linear, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import { checkConfig } from './config.js';
import { elmanLayer, RecurrentLM } from './recurrent.js';

/** Settings of a {@link MultiLayerRNN}. */
export interface MultiLayerRNNConfig {
  readonly type: 'multi-layer-rnn';
  /** Number of different tokens. */
  readonly vocabSize: number;
  /** Length of a token's vector. */
  readonly embedSize: number;
  /** Numbers in the state of each layer. */
  readonly hiddenSize: number;
  /** Number of layers. */
  readonly nLayers: number;
}

/** `h_t of layer l = tanh(W_ih.l(h_t of the layer below) + W_hh.l(h_(t-1) of layer l))`, scores `fc(h_t of the last)`. */
export class MultiLayerRNN extends RecurrentLM {
  readonly config: MultiLayerRNNConfig;
  readonly embedding: Embedding;
  readonly W_ih: readonly Linear[];
  readonly W_hh: readonly Linear[];
  readonly fc: Linear;

  /** @throws RangeError naming the setting that is not a whole number of at least 1 */
  constructor(settings: Omit<MultiLayerRNNConfig, 'type'>, random: Random) {
    super();
    const names = ['vocabSize', 'embedSize', 'hiddenSize', 'nLayers'] as const;
    this.config = checkConfig('multi-layer-rnn', settings, names);
    const { vocabSize, embedSize, hiddenSize, nLayers } = this.config;
    const layers = Array.from({ length: nLayers }, (_, layer) => layer);
    this.embedding = new Embedding(vocabSize, embedSize, random);
    this.W_ih = layers.map((layer) => new Linear(layer === 0 ? embedSize : hiddenSize, hiddenSize, random));
    this.W_hh = layers.map(() => new Linear(hiddenSize, hiddenSize, random));
    this.fc = new Linear(hiddenSize, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D, options: ForwardOptions): tf.Tensor3D {
    const { capture } = options;
    let x = this.embedding.forward(ids); // [B, T, E]
    capture?.take('hidden.0', x);
    for (const [layer, ofInput] of this.W_ih.entries()) {
      x = elmanLayer(x, ofInput, this.W_hh[layer], { ...options, layer }); // [B, T, H]
      capture?.take(`hidden.${layer + 1}`, x);
    }
    return x;
  }

  protected override get output(): Linear {
    return this.fc;
  }
}
