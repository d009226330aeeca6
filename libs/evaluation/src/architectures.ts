// What sets architectures apart, as facts: computed from a configuration, from the model that it makes, and from what a
// small model of the same architecture does with fresh weights. What follows from them is written in
// architecture-notes.ts.
import { tf } from '@lilformer/engine';
import {
  architectureOf,
  modelFromConfig,
  Capture,
  EncoderDecoderModel,
  withoutWeights,
  type CapturedValue,
  type HuggingFaceConfig,
  type Module,
  type AnyModel,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { attentionHeads } from './attention-map.js';

/** Which stacks a model has. */
export type ArchitectureKind = 'decoder' | 'encoder' | 'encoder-decoder';

/** Whom tokens look at: those up to themselves, all of their text, or all of another text. */
export type AttentionKind = 'masked' | 'unmasked' | 'cross';

/** One kind of attention in a model. */
export interface AttentionFact {
  /** `encoder`, `decoder`, or `decoder to encoder`. */
  readonly where: string;
  readonly kind: AttentionKind;
  /** Whether each token [row] may look at each [column], as measured. */
  readonly visible: readonly (readonly boolean[])[];
}

/** What is to be known of an architecture. */
export interface ArchitectureFacts {
  /** Class of the model: `GPT2LMHeadModel`. */
  readonly name: string;
  /** `gpt2`, `bert`, `bart`, `t5`. */
  readonly family: string;
  readonly kind: ArchitectureKind;
  readonly parameters: number;
  readonly vocabulary: number;
  /** Most tokens; Infinity where positions have no end. */
  readonly context: number;
  /** Length of a token's vector. */
  readonly width: number;
  /** Number of layers of each stack. */
  readonly layers: readonly { readonly stack: string; readonly count: number }[];
  readonly heads: number;
  /** Inner width of the feed-forward networks. */
  readonly inner: number;
  readonly attention: readonly AttentionFact[];
  readonly positions: 'learned, one vector a place' | 'learned, by distance, added to the scores';
  /** Class of the norms. */
  readonly norm: string;
  /** Whether norms stand in front of what a block adds, or after the sum. */
  readonly normPlace: 'before' | 'after';
  /** Class of what stands between the two maps of a feed-forward network. */
  readonly activation: string;
  /** Whether scores are products with the embeddings. */
  readonly tied: boolean;
  /** Whether its maps have biases. */
  readonly biases: boolean;
}

/** Tokens that the small model reads. */
const TOKENS = 6;
/** And of an encoder-decoder's other text: another number, so that the sides can be told apart. */
const SOURCE = 8;

/**
 * The facts of an architecture.
 *
 * @param config a published model's config.json
 * @param as a class of the same family instead of the one it names, such as `BertModel`
 * @throws Error for an architecture that is not known
 */
export function architectureFacts(config: HuggingFaceConfig, as?: string): ArchitectureFacts {
  const { architecture, modelType } = architectureOf(config, as).huggingFace!;
  const model = withoutWeights(() => modelFromConfig(config, new Random(0), as));
  const miniature = modelFromConfig(small(config), new Random(0), as);
  try {
    const capture = observed(miniature);
    const modules = [...model.namedModules()];
    const kinds = (pattern: RegExp): string[] =>
      modules.map(([, module]) => module.constructor.name).filter((name) => pattern.test(name));
    const width = tableOf(model)!.shape[1];
    return {
      name: architecture,
      family: modelType,
      kind: kindOf(model),
      parameters: model.parameterCount(),
      vocabulary: model.vocabSize,
      context: model.contextLength,
      width,
      layers: stacksOf(model),
      heads: Number(
        config.n_head ?? config.num_attention_heads ?? config.encoder_attention_heads ?? config.num_heads,
      ),
      inner: innerOf(model, width),
      attention: attentionOf(capture),
      positions: modules.some(([name]) => name.endsWith('relative_attention_bias'))
        ? 'learned, by distance, added to the scores'
        : 'learned, one vector a place',
      norm: normName(kinds(/Norm$/)[0]),
      normPlace: isNormal(capture.get('hidden.1') ?? capture.get('encoder.hidden.1')!) ? 'after' : 'before',
      activation: activationName(kinds(/(Activation|GELU|ReLU|SiLU)$/)[0]),
      tied: isTied(model),
      biases: modules.some(([name, module]) => {
        const own = new Map(module.ownParameters());
        return /(attn|attention)/i.test(name) && own.has('bias') && own.get('weight')?.shape.length === 2;
      }),
    };
  } finally {
    miniature.dispose();
  }
}

/** The same architecture, in sizes that take no time. */
function small(config: HuggingFaceConfig): HuggingFaceConfig {
  const sizes: Readonly<Record<string, number>> = {
    vocab_size: 32,
    n_positions: 16,
    max_position_embeddings: 16,
    n_embd: 32,
    d_model: 32,
    hidden_size: 32,
    n_inner: 64,
    d_ff: 64,
    intermediate_size: 64,
    encoder_ffn_dim: 64,
    decoder_ffn_dim: 64,
    d_kv: 16,
    n_head: 2,
    num_heads: 2,
    num_attention_heads: 2,
    encoder_attention_heads: 2,
    decoder_attention_heads: 2,
    n_layer: 2,
    num_layers: 2,
    num_decoder_layers: 2,
    num_hidden_layers: 2,
    encoder_layers: 2,
    decoder_layers: 2,
  };
  const entries = Object.entries(config).map(([name, value]): [string, unknown] => {
    if (typeof value !== 'number') return [name, value];
    if (name.endsWith('_token_id')) return [name, Math.min(value, 31)];
    return [name, sizes[name] ?? value];
  });
  return Object.fromEntries(entries) as HuggingFaceConfig;
}

/** What a model computes on the way, for tokens that are all different. */
function observed(model: AnyModel): Capture {
  const capture = new Capture();
  const ids = (length: number): tf.Tensor2D =>
    tf.tensor2d([Array.from({ length }, (_, i) => i + 4)], [1, length], 'int32');
  model.evaluating(() =>
    tf.tidy(() => {
      if (model instanceof EncoderDecoderModel) model.forward(ids(SOURCE), ids(TOKENS), { capture });
      else model.forward(ids(TOKENS), { capture });
    }),
  );
  return capture;
}

function kindOf(model: AnyModel): ArchitectureKind {
  if (model instanceof EncoderDecoderModel) return 'encoder-decoder';
  return model.constructor.name.startsWith('Bert') ? 'encoder' : 'decoder';
}

const NAMES = [
  ['attn.0', ''],
  ['encoder.attn.0', 'encoder'],
  ['decoder.attn.0', 'decoder'],
  ['cross.0', 'decoder to encoder'],
] as const;

/** Every kind of attention that was seen, by the weights that are not 0. */
function attentionOf(capture: Capture): AttentionFact[] {
  return NAMES.flatMap(([name, stack]) => {
    const value = capture.get(name);
    if (!value) return [];
    const heads = attentionHeads(value);
    const visible = heads[0].map((row, i) => row.map((_, j) => heads.some((head) => head[i][j] > 0)));
    const kind =
      stack === 'decoder to encoder'
        ? 'cross'
        : visible[0].slice(1).some((seen) => seen)
          ? 'unmasked'
          : 'masked';
    const where = stack === '' ? (kind === 'masked' ? 'decoder' : 'encoder') : stack;
    return [{ where, kind, visible }];
  });
}

/** Whether each token's numbers have mean 0 and deviation 1, as a norm with fresh weights leaves them. */
function isNormal({ shape, data }: CapturedValue): boolean {
  const width = shape.at(-1)!;
  const values = Array.from(data);
  const squares = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const means = Array.from({ length: values.length / width }, (_, row) =>
    Math.abs(values.slice(row * width, (row + 1) * width).reduce((sum, value) => sum + value, 0) / width),
  );
  return Math.abs(squares - 1) < 1e-2 && Math.max(...means) < 1e-3;
}

function tableOf(model: Module): { readonly shape: readonly number[] } | undefined {
  for (const [, module] of model.namedModules()) {
    if (/Embedding$/.test(module.constructor.name)) return new Map(module.ownParameters()).get('weight');
  }
  return undefined;
}

function stacksOf(model: Module): { stack: string; count: number }[] {
  const lists = new Map<string, number>();
  for (const [name, module] of model.namedModules()) {
    if (!/(Block|BertLayer|EncoderLayer|DecoderLayer)$/.test(module.constructor.name)) continue;
    const stack = /(^|\.)(encoder|decoder)\./.exec(name)?.[2] ?? 'decoder';
    lists.set(stack, (lists.get(stack) ?? 0) + 1);
  }
  return [...lists].map(([stack, count]) => ({ stack, count }));
}

function innerOf(model: Module, width: number): number {
  for (const [name, module] of model.namedModules()) {
    if (!/(c_fc|fc1|wi|wi_0|intermediate\.dense)$/.test(name)) continue;
    return Math.max(
      ...new Map(module.ownParameters()).get('weight')!.shape.filter((size) => size !== width),
      0,
    );
  }
  return 0;
}

function isTied(model: Module): boolean {
  const table = tableOf(model);
  return [...model.namedModules()].some(
    ([, module]) =>
      module.constructor.name === 'Linear' && new Map(module.ownParameters()).get('weight') === table,
  );
}

const normName = (kind: string): string => (kind === 'T5LayerNorm' ? 'RMSNorm' : kind);
const activationName = (kind: string): string =>
  ({ NewGELUActivation: 'GELU (tanh approximation)', GELUActivation: 'GELU', ReLU: 'ReLU' })[kind] ?? kind;
