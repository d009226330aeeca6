// Flags that name a model, and opening it with its tokenizer.
import { createTokenizer } from '@lilformer/datasets';
import { openEngine, engineNames } from '@lilformer/engine';
import {
  LanguageModel,
  loadModel,
  ModelNotFoundError,
  type AnyModel,
  type LoadedModel,
} from '@lilformer/models';
import type { GenerativeModel } from '@lilformer/sampling';
import { loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { bestRun } from './best-run.js';
import { modelProgress } from './download-progress.js';
import { IdTokenizer } from './id-tokenizer.js';
import { givenCorpus, type TextFlags } from './evaluation-text.js';
import { importFlags } from './import-modules.js';
import { resolveUserPath } from './paths.js';
import { flag, oneOf, text, integer, type FlagValues } from './flags/flag.js';
import type { Terminal } from './output/terminal.js';

const sources =
  'a run folder, a folder of runs (its best run is taken), a .pt, .pth, .bin or .safetensors file, a folder in ' +
  "Hugging Face's format, or a name on its Hub such as gpt2";

/** The flag that names a model. */
export const modelFlags = { model: flag({ value: 'SOURCE', help: sources }, text('a model')) };

/** How a model is loaded. */
export const loadFlags = {
  dtype: flag(
    {
      group: 'Model',
      value: 'TYPE',
      help: 'data type of the matrices: float32, or bf16 for half the memory and faster generation with less precision',
    },
    oneOf('float32', 'bf16').default('float32'),
  ),
  tokenizer: flag(
    {
      group: 'Model',
      value: 'FILE|char',
      help: 'for a model without a tokenizer: a tokenizer.json, or `char` for the characters of --text',
    },
    text().optional(),
  ),
  nHeads: flag(
    {
      group: 'Model',
      value: 'N',
      help: 'number of attention heads; needed for a file of weights that does not determine it',
    },
    integer(1).optional(),
  ),
};

/** Flags of the engine, and of modules to import. */
export const engineFlags = {
  engine: flag(
    {
      group: 'Engine',
      value: 'NAME',
      help: `${engineNames.join(', ')}; the fastest available unless given`,
    },
    oneOf(...engineNames).optional(),
  ),
  threads: flag(
    { group: 'Engine', value: 'N', help: 'number of threads; all cores unless given' },
    integer(1).optional(),
  ),
  ...importFlags,
};

type LoadFlags = FlagValues<typeof loadFlags> & Pick<TextFlags, 'text' | 'separator'>;

/** What `loadModel` takes besides the source. */
export interface LoadOptions {
  readonly dtype: 'float32' | 'bf16';
  readonly tokenizer?: Tokenizer;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly weights?: 'best' | 'last';
}

/** A model with a tokenizer. */
export interface OpenedModel<Model = AnyModel> extends Omit<LoadedModel, 'model'> {
  /** The source as it was typed. */
  readonly name: string;
  readonly model: Model;
  readonly tokenizer: Tokenizer;
}

/** Opens the engine and returns its description. */
export async function startEngine({ engine, threads }: FlagValues<typeof engineFlags>): Promise<string> {
  return (await openEngine({ engine, threads })).describe();
}

/** The options of the flags. @throws Error when the tokenizer cannot be loaded or made */
export async function loadOptions(
  flags: LoadFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<LoadOptions> {
  const { dtype, nHeads } = flags;
  const tokenizer = await givenTokenizer(flags, terminal, signal);
  return { dtype, tokenizer, ...(nHeads !== undefined && { config: { nHeads } }) };
}

async function givenTokenizer(
  flags: LoadFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Tokenizer | undefined> {
  if (flags.tokenizer === undefined) return undefined;
  if (flags.tokenizer !== 'char') return loadTokenizer(resolveUserPath(flags.tokenizer));
  if (flags.text === undefined) {
    throw new Error('--tokenizer char: expected --text with it, whose characters are its vocabulary');
  }
  const corpus = await givenCorpus(flags.text, flags, terminal, signal);
  return createTokenizer({ tokenizer: 'char', vocabSize: 0 }, corpus, { signal });
}

/** The path of a source if there is one, else the name; the best run of a folder of runs. */
export async function resolveSource(source: string, terminal: Terminal): Promise<string> {
  const path = resolveUserPath(source);
  return existsSync(path) ? bestRun(path, (line) => terminal.note(line)) : source;
}

/**
 * Opens a model. Without a tokenizer its texts are ids, such as `5 17 42`.
 * @throws Error when it cannot be loaded
 */
export async function openModel(
  source: string,
  options: LoadOptions,
  terminal: Terminal,
): Promise<OpenedModel> {
  const path = resolveUserPath(source);
  // A missing file in an existing folder is not a name on the Hub.
  if (source.includes('/') && !existsSync(path) && existsSync(dirname(path))) {
    throw new ModelNotFoundError(source);
  }
  const found = await resolveSource(source, terminal);
  const loaded = await loadModel(found, { ...options, onProgress: modelProgress(terminal) });
  const { model, tokenizer, generationConfig } = loaded;
  if (options.dtype === 'bf16') terminal.note(memoryOf(model));
  if (tokenizer) return { ...loaded, name: source, tokenizer };
  terminal.note(`${source} has no tokenizer: its texts are ids, such as 5 17 42.`);
  const eos = [generationConfig.eos_token_id].flat()[0];
  const ids = new IdTokenizer(model.vocabSize, typeof eos === 'number' ? eos : undefined);
  return { ...loaded, name: source, tokenizer: ids };
}

/** Opens a decoder-only or recurrent model, as {@link openModel}. @throws Error for another model */
export async function openLanguageModel(
  ...args: Parameters<typeof openModel>
): Promise<OpenedModel<LanguageModel>> {
  const opened = await openModel(...args);
  const { name, model } = opened;
  if (model instanceof LanguageModel) return { ...opened, model };
  model.dispose();
  throw new Error(`${name}: is a ${model.constructor.name}. Expected a decoder-only or recurrent model.`);
}

/** The model of an opened model, if it can generate. @throws Error if it cannot */
export function generativeModelOf({ name, model }: OpenedModel): GenerativeModel {
  if ('createCache' in model) return model;
  throw new Error(
    `${name}: a ${model.constructor.name} cannot generate text. Expected a language model or an encoder-decoder.`,
  );
}

/** `weights: 249 MB, 100 % of them in bf16; 498 MB in float32` */
function memoryOf(model: AnyModel): string {
  let [all, inBf16, bytes] = [0, 0, 0];
  for (const [, parameter] of model.namedParameters()) {
    all += parameter.size;
    if (parameter.isBf16) inBf16 += parameter.size;
    bytes += parameter.bytes;
  }
  const megabytes = (count: number): string => `${(count / 1e6).toPrecision(3)} MB`;
  const share = ((100 * inBf16) / all).toPrecision(3);
  return `weights: ${megabytes(bytes)}, ${share} % of them in bf16; ${megabytes(4 * all)} in float32`;
}
