// A model that a user might add: one file, nothing else names it. Each token is averaged with the token before it.
import { tf } from '@lilformer/engine';
import { Embedding, FeedForward, Linear, residual, type ForwardOptions } from '@lilformer/layers';
import type { Random } from '@lilformer/random';
import {
  defineConfig,
  defineModel,
  fields,
  LanguageModel,
  size,
  transformerCosts,
  type ConfigOf,
  type OptionsOf,
} from '../index.js';

const config = defineConfig('example', {
  vocabSize: fields.vocabSize,
  contextLength: fields.contextLength,
  features: size('embedding dimension; more for larger vocabularies').default(16),
});

export class ExampleLM extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly tokens: Embedding;
  readonly mlp: FeedForward;
  readonly head: Linear;

  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, features } = this.config;
    this.tokens = new Embedding(vocabSize, features, random);
    this.mlp = new FeedForward(features, 2 * features, random);
    this.head = new Linear(features, vocabSize, random);
  }

  protected override hidden(ids: tf.Tensor2D): tf.Tensor3D {
    const x = this.tokens.forward(ids); // [B, T, C]
    const [batch, length, features] = x.shape;
    const previous = tf.concat(
      [tf.zeros([batch, 1, features]), tf.slice(x, [0, 0, 0], [-1, length - 1, -1])],
      1,
    );
    const mixed = tf.mul<tf.Tensor3D>(tf.add(x, previous), 0.5);
    return residual(mixed, () => this.mlp.forward(mixed));
  }

  protected override checkOptions({ cache }: ForwardOptions): void {
    if (cache) throw new Error('ExampleLM: a cache is not supported. Expected the whole sequence.');
  }

  protected override get output(): Linear {
    return this.head;
  }
}

export const example = defineModel({
  config,
  summary: 'averages neighboring tokens, for tests',
  create: (options: OptionsOf<typeof config>, random) => new ExampleLM(options, random),
  stateDict: {
    recognize: (weights) => weights.has('mlp.linear1.weight') && weights.has('tokens.weight'),
    sizesFromWeights: (weights) => ({
      vocabSize: weights.size('tokens.weight', 0),
      features: weights.size('tokens.weight', 1),
      contextLength: undefined, // no weight depends on it
    }),
  },
  costs: ({ vocabSize, features }) =>
    transformerCosts({ vocabSize, dModel: features, nLayers: 0, dFf: 2 * features }),
});
