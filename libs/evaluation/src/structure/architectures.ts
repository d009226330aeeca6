// Facts of an architecture, from its config, from the model that it builds, and from the captured values of a small model of
// the same architecture with random weights.
import {
  Embedding,
  Linear,
  RMSNorm,
  withoutWeights,
  type Capture,
  type CapturedValue,
  type Module,
} from '@lilformer/layers';
import {
  EncoderDecoderModel,
  LanguageModel,
  modelDefinition,
  modelFromConfig,
  type AnyModel,
  type HuggingFaceConfig,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { headsOf } from '../attention/attention-maps.js';
import type { Table } from '../table.js';
import { captured, idTensor } from '../tensor-values.js';

/** One kind of attention in a model. */
export interface AttentionFact {
  /** `encoder`, `decoder`, or `decoder to encoder`. */
  readonly where: string;
  /** `masked`: up to the token itself; `unmasked`: the whole sequence; `cross`: the encoder's sequence. */
  readonly kind: 'masked' | 'unmasked' | 'cross';
  /** Whether each token [row] attends to each [column], as measured. */
  readonly visible: readonly (readonly boolean[])[];
}

/** What {@link architectureFacts} returns. */
export interface ArchitectureFacts {
  /** Class of the model: `GPT2LMHeadModel`. */
  readonly name: string;
  /** Hugging Face's model type: `gpt2`, `bert`, `bart`, `t5`. */
  readonly family: string;
  readonly kind: 'decoder' | 'encoder' | 'encoder-decoder';
  readonly parameters: number;
  readonly vocabSize: number;
  /** Longest sequence; Infinity without a limit. */
  readonly contextLength: number;
  readonly hiddenSize: number;
  /** Number of layers of each stack. */
  readonly layers: readonly { readonly stack: string; readonly count: number }[];
  readonly heads: number;
  /** Hidden size of the feed-forward networks. */
  readonly feedForwardSize: number;
  readonly attention: readonly AttentionFact[];
  readonly positions: 'learned embeddings' | 'learned relative biases';
  /** Class of the norms. */
  readonly norm: string;
  readonly normPlacement: 'pre-norm' | 'post-norm';
  /** Activation of the feed-forward networks. */
  readonly activation: string;
  /** Whether the output projection shares the token embeddings. */
  readonly tied: boolean;
  /** Whether linear layers have biases. */
  readonly biases: boolean;
}

/** Sequence length of the small model, and of its encoder if it is an encoder-decoder. */
const [TOKENS, SOURCE] = [6, 8];

/**
 * The facts of an architecture.
 *
 * @param config a config.json of Hugging Face's
 * @param as another architecture of the same model type, such as `BertModel`
 * @throws Error for an architecture that is not defined
 */
export async function architectureFacts(config: HuggingFaceConfig, as?: string): Promise<ArchitectureFacts> {
  const model = withoutWeights(() => modelFromConfig(config, new Random(0), as));
  const { architecture, modelType } = modelDefinition(model.config.type).huggingFace!;
  const small = modelFromConfig(smallConfig(config), new Random(0), as);
  try {
    const capture = await captureOf(small);
    const modules = [...model.namedModules()];
    const hiddenSize = embeddingOf(model).shape[1];
    return {
      name: architecture,
      family: modelType,
      kind:
        model instanceof EncoderDecoderModel
          ? 'encoder-decoder'
          : model instanceof LanguageModel
            ? 'decoder'
            : 'encoder',
      parameters: model.parameterCount(),
      vocabSize: model.vocabSize,
      contextLength: model.contextLength,
      hiddenSize,
      layers: stacksOf(model),
      heads: Number(
        config.n_head ?? config.num_attention_heads ?? config.encoder_attention_heads ?? config.num_heads,
      ),
      feedForwardSize: Number(
        config.n_inner ?? config.d_ff ?? config.intermediate_size ?? config.encoder_ffn_dim ?? 4 * hiddenSize,
      ),
      attention: attentionOf(capture),
      positions: modules.some(([name]) => name.endsWith('relative_attention_bias'))
        ? 'learned relative biases'
        : 'learned embeddings',
      norm: modules.some(([, module]) => module instanceof RMSNorm) ? 'RMSNorm' : 'LayerNorm',
      normPlacement: isNormalized(capture.get('hidden.1') ?? capture.get('encoder.hidden.1')!)
        ? 'post-norm'
        : 'pre-norm',
      activation: activationName(modules),
      tied: isTied(model),
      biases: modules.some(([name, module]) => {
        const own = new Map(module.ownParameters());
        return /(attn|attention)/i.test(name) && own.has('bias') && own.get('weight')?.shape.length === 2;
      }),
    };
  } finally {
    small.dispose();
  }
}

/** The facts of several architectures, a column each. */
export function architectureTable(facts: readonly ArchitectureFacts[], names: readonly string[]): Table {
  const count = (n: number): string => (Number.isFinite(n) ? n.toLocaleString('en-US') : 'unlimited');
  const row = (name: string, of: (one: ArchitectureFacts) => string): string[] => [name, ...facts.map(of)];
  return {
    headings: ['', ...names],
    rows: [
      row('class', ({ name }) => name),
      row('stacks', ({ kind }) => kind),
      row('layers', ({ layers }) => layers.map(({ stack, count }) => `${count} ${stack}`).join(', ')),
      row('parameters', ({ parameters }) => count(parameters)),
      row('vocabulary size', ({ vocabSize }) => count(vocabSize)),
      row('context length', ({ contextLength }) => count(contextLength)),
      row('hidden size', ({ hiddenSize }) => count(hiddenSize)),
      row('heads', ({ heads }) => count(heads)),
      row('feed-forward size', ({ feedForwardSize }) => count(feedForwardSize)),
      row('attention', ({ attention }) => attention.map(({ where, kind }) => `${where}: ${kind}`).join('; ')),
      row('positions', ({ positions }) => positions),
      row('norms', ({ norm, normPlacement }) => `${norm}, ${normPlacement}`),
      row('activation', ({ activation }) => activation),
      row('biases', ({ biases }) => (biases ? 'yes' : 'no')),
      row('output projection', ({ tied, kind }) =>
        tied ? 'tied to the embeddings' : kind === 'encoder' ? 'none' : 'separate',
      ),
    ],
  };
}

/** The same architecture in small sizes. */
function smallConfig(config: HuggingFaceConfig): HuggingFaceConfig {
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

/** Captured values of a forward pass over different tokens. */
function captureOf(model: AnyModel): Promise<Capture> {
  const ids = (length: number) => idTensor(Array.from({ length }, (_, i) => i + 4));
  return captured(model, (capture) => {
    if (model instanceof EncoderDecoderModel) model.forward(ids(SOURCE), ids(TOKENS), { capture });
    else model.forward(ids(TOKENS), { capture });
  });
}

const NAMES = [
  ['attn.0', ''],
  ['encoder.attn.0', 'encoder'],
  ['decoder.attn.0', 'decoder'],
  ['cross.0', 'decoder to encoder'],
] as const;

/** The kinds of attention, by which weights are not 0. */
function attentionOf(capture: Capture): AttentionFact[] {
  return NAMES.flatMap(([name, stack]) => {
    const value = capture.get(name);
    if (!value) return [];
    const heads = headsOf(value);
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

/** Whether each vector has mean 0 and standard deviation 1, as after a norm with initial weights. */
function isNormalized({ shape, data }: CapturedValue): boolean {
  const width = shape.at(-1)!;
  const values = Array.from(data);
  const squares = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const means = Array.from({ length: values.length / width }, (_, row) =>
    Math.abs(values.slice(row * width, (row + 1) * width).reduce((sum, value) => sum + value, 0) / width),
  );
  return Math.abs(squares - 1) < 1e-2 && Math.max(...means) < 1e-3;
}

/** The token embeddings. */
function embeddingOf(model: Module): { readonly shape: readonly number[] } {
  for (const [, module] of model.namedModules()) if (module instanceof Embedding) return module.weight;
  throw new Error(`${model.constructor.name}: has no embedding. Expected a language model or an encoder.`);
}

/** Lists of blocks, such as `encoder.layer.0`, `encoder.layer.1`. */
function stacksOf(model: Module): { stack: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const [name] of model.namedModules()) {
    const path = name.split('.');
    const index = path.findIndex((part) => /^\d+$/.test(part));
    if (index !== path.length - 1) continue; // not a member of a list, or inside of one
    const stack = path.includes('encoder') ? 'encoder' : 'decoder';
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  return [...counts].map(([stack, count]) => ({ stack, count }));
}

function isTied(model: Module): boolean {
  const table = embeddingOf(model);
  return [...model.namedModules()].some(([, module]) => module instanceof Linear && module.weight === table);
}

const ACTIVATIONS = { gelu: 'GELU', geluTanh: 'GELU (tanh approximation)', relu: 'ReLU' } as const;

/** The activation of the first layer that has one. */
function activationName(modules: readonly (readonly [string, Module])[]): string {
  const [kind] = modules.flatMap(([, module]) => ('kind' in module ? [module.kind] : []));
  return ACTIVATIONS[kind as keyof typeof ACTIVATIONS];
}
