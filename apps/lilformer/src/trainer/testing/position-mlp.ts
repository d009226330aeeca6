// A user's model in one file: an MLP over token and position embeddings.
import {
  applyLayers,
  Embedding,
  embedWithPositions,
  Linear,
  residual,
  type ForwardOptions,
} from '@lilformer/layers';
import {
  defineConfig,
  defineModel,
  fields,
  LanguageModel,
  size,
  type ConfigOf,
  type OptionsOf,
} from '@lilformer/models';

type Random = ConstructorParameters<typeof Linear>[2];
type Ids = Parameters<typeof embedWithPositions>[0];

const { vocabSize, dModel, contextLength } = fields;
const config = defineConfig('position-mlp', {
  ...{ vocabSize, dModel, contextLength },
  expansion: size('hidden size of the MLP in multiples of dModel').default(2),
});

class PositionMLP extends LanguageModel {
  readonly config: ConfigOf<typeof config>;
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly up: Linear;
  readonly down: Linear;
  protected readonly output: Linear;

  constructor(options: OptionsOf<typeof config>, random: Random) {
    super();
    this.config = config.parse(options);
    const { vocabSize, dModel, contextLength, expansion } = this.config;
    this.wte = new Embedding(vocabSize, dModel, random);
    this.wpe = new Embedding(contextLength, dModel, random);
    this.up = new Linear(dModel, expansion * dModel, random);
    this.down = new Linear(expansion * dModel, dModel, random);
    this.output = new Linear(dModel, vocabSize, random);
  }

  protected override hidden(ids: Ids, options: ForwardOptions) {
    const x = embedWithPositions(ids, this.wte, this.wpe, options); // [B, T, C]
    const mlp = {
      forward: (h: typeof x) => residual(h, () => this.down.forward(this.up.forward(h, 'gelu'))),
    };
    return applyLayers(x, [mlp], options);
  }
}

defineModel({
  config,
  summary: 'an MLP over token and position embeddings',
  create: (options: OptionsOf<typeof config>, random) => new PositionMLP(options, random),
});
