// Hugging Face's config.json and our settings, both ways, for each family of pretrained models. What a config asks for and
// no model here does is refused by name; settings that no arithmetic depends on, such as labels of classifiers, are let go.
import { activationNames, type ActivationName } from './activations.js';
import type { GPT2Config } from './gpt2.js';

/** A config.json, parsed. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** GPT-2's settings from a config.json. @throws Error naming what is missing or not available here */
export function gpt2Settings(config: HuggingFaceConfig): Omit<GPT2Config, 'type'> {
  // Attention in higher precision (reorder_and_upcast_attn) is what it is here in any case.
  only('gpt2', config, { add_cross_attention: [false], is_decoder: [false, true] });
  return {
    vocabSize: number(config, 'vocab_size'),
    dModel: number(config, 'n_embd'),
    nHeads: number(config, 'n_head'),
    nLayers: number(config, 'n_layer'),
    contextLength: number(config, 'n_positions'),
    ...given({ dFf: optional(config, 'n_inner') }),
    activation: activation('gpt2', config.activation_function ?? 'gelu_new'),
    normEpsilon: number(config, 'layer_norm_epsilon', 1e-5),
    embeddingDropout: number(config, 'embd_pdrop', 0.1),
    attentionDropout: number(config, 'attn_pdrop', 0.1),
    residualDropout: number(config, 'resid_pdrop', 0.1),
    scaleScores: flag(config, 'scale_attn_weights', true),
    scaleScoresByLayer: flag(config, 'scale_attn_by_inverse_layer_idx', false),
    tied: flag(config, 'tie_word_embeddings', true),
    initialDeviation: number(config, 'initializer_range', 0.02),
    ...tokens(config),
  };
}

/** The other way round. */
export function gpt2Config(
  settings: Required<Omit<GPT2Config, Tokens>> & Pick<GPT2Config, Tokens>,
): HuggingFaceConfig {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    dtype: 'float32',
    vocab_size: settings.vocabSize,
    n_embd: settings.dModel,
    n_head: settings.nHeads,
    n_layer: settings.nLayers,
    n_positions: settings.contextLength,
    n_inner: settings.dFf === 4 * settings.dModel ? null : settings.dFf,
    activation_function: settings.activation,
    layer_norm_epsilon: settings.normEpsilon,
    embd_pdrop: settings.embeddingDropout,
    attn_pdrop: settings.attentionDropout,
    resid_pdrop: settings.residualDropout,
    scale_attn_weights: settings.scaleScores,
    scale_attn_by_inverse_layer_idx: settings.scaleScoresByLayer,
    tie_word_embeddings: settings.tied,
    initializer_range: settings.initialDeviation,
    bos_token_id: settings.bosId ?? null,
    eos_token_id: settings.eosId ?? null,
    pad_token_id: settings.padId ?? null,
  };
}

type Tokens = 'bosId' | 'eosId' | 'padId';

/** Special tokens that a config names. */
function tokens(config: HuggingFaceConfig): { bosId?: number; eosId?: number; padId?: number } {
  return given({
    bosId: optional(config, 'bos_token_id'),
    eosId: optional(config, 'eos_token_id'),
    padId: optional(config, 'pad_token_id'),
  });
}

/** The entries that are not undefined. */
function given<T extends Record<string, unknown>>(entries: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const some = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(some) as { [Name in keyof T]?: NonNullable<T[Name]> };
}

function number(config: HuggingFaceConfig, name: string, otherwise?: number): number {
  const value = config[name] ?? otherwise;
  if (typeof value === 'number') return value;
  throw new TypeError(`config.json: ${name} ${JSON.stringify(config[name])}: expected a number`);
}

function optional(config: HuggingFaceConfig, name: string): number | undefined {
  return config[name] === undefined || config[name] === null ? undefined : number(config, name);
}

function flag(config: HuggingFaceConfig, name: string, otherwise: boolean): boolean {
  const value = config[name] ?? otherwise;
  if (typeof value === 'boolean') return value;
  throw new TypeError(`config.json: ${name} ${JSON.stringify(value)}: expected true or false`);
}

function activation(family: string, value: unknown): ActivationName {
  if (activationNames.includes(value as ActivationName)) return value as ActivationName;
  throw new Error(
    `config.json: activation ${JSON.stringify(value)}: ${family} here has ${activationNames.join(', ')}`,
  );
}

/** Refuses settings with values other than those listed, or absent, which change what the model computes. */
function only(
  family: string,
  config: HuggingFaceConfig,
  allowed: Readonly<Record<string, readonly unknown[]>>,
): void {
  for (const [name, values] of Object.entries(allowed)) {
    const value = config[name] ?? undefined;
    if (value === undefined || values.includes(value)) continue;
    const expected = values.map((one) => JSON.stringify(one)).join(' or ');
    throw new Error(
      `config.json: ${name} ${JSON.stringify(value)}: not available in ${family} here, which has ${expected}`,
    );
  }
}
