// A model's config in Hugging Face's config.json: the same fields in snake_case. Reading and writing files is in files/.
import type { ConfigSchema } from './config.js';

/** A parsed config.json. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** What Hugging Face's files of a model look like. */
export interface HuggingFaceFormat<_Config = unknown> {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** The class in transformers, and here: `GPT2LMHeadModel`. */
  readonly architecture: string;
  /** Other architectures whose files hold all weights of this one. */
  readonly compatible?: readonly string[];
  /**
   * Entries of config.json that change what the model computes and are not implemented here, with the values that are
   * accepted.
   */
  readonly unsupported?: Readonly<Record<string, readonly unknown[]>>;
  /** Entries of config.json that every model has. */
  readonly constants?: HuggingFaceConfig;
  /** Values of entries that a config.json leaves out, where they differ from the schema's. */
  readonly defaults?: HuggingFaceConfig;
  /** Entries that are left out, rather than null, when they have no value. */
  readonly omitted?: readonly string[];
  /** Options that follow from which weights a file has. */
  adjust?(options: Record<string, unknown>, weights: ReadonlyMap<string, unknown>): void;
  /** The name in the state dict of a weight in a file, whatever its layout; undefined for a weight without use here. */
  weightName(fileName: string): string | undefined;
}

/** `nEmbd` to `n_embd`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * The options of a model from its config.json.
 * @param weights of the file beside it, by name
 * @throws Error naming an entry that is not supported here
 */
export function optionsFromHuggingFace(
  format: HuggingFaceFormat,
  schema: ConfigSchema<{ readonly type: string }, never>,
  json: HuggingFaceConfig,
  weights?: ReadonlyMap<string, unknown>,
): Record<string, unknown> {
  for (const [name, accepted] of Object.entries(format.unsupported ?? {})) {
    const value = json[name] ?? undefined;
    if (value === undefined || accepted.includes(value)) continue;
    const expected = accepted.map((one) => JSON.stringify(one)).join(' or ');
    throw new Error(
      `config.json: ${name} is ${JSON.stringify(value)}. Expected ${expected} for ${format.modelType}.`,
    );
  }
  const options: Record<string, unknown> = {};
  for (const field of Object.keys(schema.shape)) {
    const name = snakeCase(field);
    const value = json[name] === undefined ? format.defaults?.[name] : json[name];
    if (value !== undefined && value !== null) options[field] = value;
  }
  if (weights) format.adjust?.(options, weights);
  return options;
}

/** The config.json of a model. */
export function toHuggingFaceConfig(
  format: HuggingFaceFormat,
  schema: ConfigSchema<{ readonly type: string }, never>,
  config: Readonly<Record<string, unknown>>,
): HuggingFaceConfig {
  const json: Record<string, unknown> = {
    architectures: [format.architecture],
    model_type: format.modelType,
    dtype: 'float32',
    ...format.constants,
  };
  for (const field of Object.keys(schema.shape)) {
    const name = snakeCase(field);
    const value = config[field] ?? null;
    if (value !== null || !format.omitted?.includes(name)) json[name] = value;
  }
  return json;
}
