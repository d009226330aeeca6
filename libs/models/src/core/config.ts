// Config schemas of models: a zod shape with a help text for each field, defaults, derived values and checks between fields.
import { z } from 'zod';

/** What the command line and the docs say about a config field. */
export interface FieldInfo {
  /** What the field does and when to change it. */
  readonly help: string;
  /** Names of the field in checkpoints of other code, such as `n_embd` for `dModel`. */
  readonly aliases?: readonly string[];
}

function field<T extends z.ZodType>(schema: T, help: string, aliases: readonly string[] = []): T {
  return schema.meta({ help, aliases }) as T;
}

/** The {@link FieldInfo} of a field; a default or `optional` around it keeps it. */
export function fieldInfo(schema: unknown): FieldInfo {
  const meta = (schema as z.ZodType).meta() as FieldInfo | undefined;
  const { innerType } = (schema as { def?: { innerType?: unknown } }).def ?? {};
  return meta ?? (innerType === undefined ? { help: '' } : fieldInfo(innerType));
}

/** A whole number of at least 1, without a default. */
export function size(help: string, { most = 2 ** 24, aliases }: { most?: number; aliases?: string[] } = {}) {
  const expected = `Expected a whole number from 1 to ${most.toLocaleString('en-US')}`;
  return field(z.int(expected).min(1, expected).max(most, expected), help, aliases);
}

/** One of several words; the first is the default. */
export function choice<const Choices extends readonly [string, ...string[]]>(
  help: string,
  choices: Choices,
  fallback: Choices[number] = choices[0],
) {
  return field(z.enum(choices, `Expected ${choices.join(' or ')}`).default(fallback as never), help);
}

/** True or false. */
export function flag(help: string, fallback: boolean) {
  return field(z.boolean('Expected true or false').default(fallback), help);
}

/** True or false, without a default. */
export function optionalFlag(help: string) {
  return field(z.boolean('Expected true or false').optional(), help);
}

/** A probability in [0, 1), for dropout. */
export function probability(help: string, fallback = 0) {
  const expected = 'Expected a number from 0 to below 1';
  return field(z.number(expected).min(0, expected).lt(1, expected).default(fallback), help);
}

/** A finite number above 0. */
export function positive(help: string, fallback: number) {
  const expected = 'Expected a number above 0';
  return field(z.number(expected).gt(0, expected).default(fallback), help);
}

/** A token id, absent when the model has no such token. */
export function tokenId(help: string) {
  const expected = 'Expected a token id';
  return field(z.int(expected).min(0, expected).optional(), help);
}

/** A token id that the model needs. */
export function requiredTokenId(help: string, fallback: number) {
  const expected = 'Expected a token id';
  return field(z.int(expected).min(0, expected).default(fallback), help);
}

/** The largest context length. */
export const MOST_TOKENS = 2 ** 20;

/** Fields that several models share. */
export const fields = {
  vocabSize: size('vocabulary size; set from the tokenizer', { aliases: ['vocab_size'] }),
  contextLength: size('longest sequence, in tokens; attention cost grows with its square', {
    most: MOST_TOKENS,
    aliases: ['max_seq_len', 'block_size', 'context_length'],
  }).default(64),
  dModel: size(
    'embedding dimension; raise it when the training loss stops falling and there is enough data',
    {
      aliases: ['d_model', 'n_embd', 'n_embed'],
    },
  ).default(128),
  nLayers: size('number of blocks; more blocks model longer dependencies at proportional cost', {
    most: 1024,
    aliases: ['n_layers', 'n_layer', 'num_layers'],
  }).default(2),
  nHeads: size('attention heads per block; must divide dModel, 32 to 64 dimensions per head are usual', {
    most: 1024,
    aliases: ['n_heads', 'n_head'],
  }).default(4),
  dFf: size('hidden size of the feed-forward network; 4 times dModel unless given', {
    aliases: ['d_ff'],
  }).optional(),
  nExperts: size(
    'experts per block, of which each token uses one; adds parameters at the same cost per token',
    {
      most: 1024,
      aliases: ['n_experts'],
    },
  ).default(2),
  embedSize: size('embedding dimension of a recurrent model', { aliases: ['embed_size'] }).default(64),
  hiddenSize: size('size of the hidden state; raise it to remember more of the text', {
    aliases: ['hidden_size'],
  }).default(256),
  dropout: probability(
    'dropout probability in training; raise it to 0.1 or 0.2 when the validation loss rises',
  ),
};

/** The fields of a schema as options of a constructor: fields with defaults may be left out. */
type Input<Shape extends z.ZodRawShape> = z.input<z.ZodObject<Shape>>;

/** A model's config schema. */
export interface ConfigSchema<Config extends { readonly type: string }, Options> {
  readonly type: Config['type'];
  /** The fields, each with a {@link FieldInfo} as its zod metadata. */
  readonly shape: z.ZodRawShape;
  /**
   * Fills in defaults and derived values. A `type` in `options` is ignored.
   * @throws RangeError naming each field that is unknown, missing or out of range
   */
  parse(options: Options): Config;
}

/** The parsed config of a {@link ConfigSchema}. */
export type ConfigOf<Schema> = Schema extends ConfigSchema<infer Config, never> ? Config : never;

/** What a constructor takes for a {@link ConfigSchema}. */
export type OptionsOf<Schema> =
  Schema extends ConfigSchema<{ readonly type: string }, infer Options> ? Options : never;

/** Checks between fields. */
interface Rules<Parsed, Derived> {
  /** Values of fields that depend on other fields. */
  readonly derive?: (config: Parsed) => Derived;
  /** `{ nHeads: 'dModel' }`: nHeads must divide dModel. */
  readonly divides?: Readonly<Record<string, string>>;
}

/** Describes the config of a model of type `type`. Fields named `…TokenId` are checked against `vocabSize`. */
export function defineConfig<
  const Type extends string,
  Shape extends z.ZodRawShape,
  Derived extends object = object,
>(type: Type, shape: Shape, { derive, divides = {} }: Rules<z.output<z.ZodObject<Shape>>, Derived> = {}) {
  for (const [name, schema] of Object.entries(shape)) {
    if ((schema as unknown) instanceof z.ZodType) continue;
    throw new TypeError(
      `${type}: field ${name} is ${String(schema)}. Expected a field: one of fields, or size, choice, flag or probability.`,
    );
  }
  type Parsed = z.output<z.ZodObject<Shape>>;
  type Config = Readonly<{ type: Type } & Omit<Parsed, keyof Derived> & Derived>;
  const schema = z.strictObject(shape);
  const parse = (given: Input<Shape>): Config => {
    const options: Record<string, unknown> = { ...given };
    delete options.type;
    const result = schema.safeParse(options);
    const problems = result.success
      ? []
      : result.error.issues.flatMap((issue) => problem(issue, options, shape));
    if (result.success) {
      const config = { type, ...result.data, ...derive?.(result.data as Parsed) } as Record<string, unknown>;
      problems.push(...conflicts(config, divides));
      if (problems.length === 0) return Object.freeze(config) as Config;
    }
    throw new RangeError(problems.map((line) => `${type}: ${line}`).join('\n'));
  };
  return { type, shape, parse } as unknown as ConfigSchema<Config, Input<Shape>>;
}

/** A zod issue as a message. */
function problem(issue: z.core.$ZodIssue, options: Record<string, unknown>, shape: z.ZodRawShape): string[] {
  if (issue.code === 'unrecognized_keys') {
    return [`unknown field ${issue.keys.join(', ')}. Expected ${Object.keys(shape).join(', ')}.`];
  }
  const name = String(issue.path[0]);
  const given = options[name];
  return [`${name} is ${given === undefined ? 'missing' : JSON.stringify(given)}. ${issue.message}.`];
}

/** What is wrong between fields that are valid by themselves. */
function conflicts(config: Record<string, unknown>, divides: Readonly<Record<string, string>>): string[] {
  const problems: string[] = [];
  for (const [heads, width] of Object.entries(divides)) {
    if ((config[width] as number) % (config[heads] as number) !== 0) {
      problems.push(
        `${heads} is ${String(config[heads])}. Expected a divisor of ${width}, ${String(config[width])}.`,
      );
    }
  }
  for (const [name, id] of Object.entries(config)) {
    if (!name.endsWith('TokenId') || id === undefined) continue;
    if ((id as number) >= (config.vocabSize as number)) {
      problems.push(
        `${name} is ${String(id)}. Expected a token id below vocabSize, ${String(config.vocabSize)}.`,
      );
    }
  }
  return problems;
}
