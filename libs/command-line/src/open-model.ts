// Models as the apps' flags name them: a run folder, or a file of PyTorch or safetensors with a tokenizer beside
// it or given; or a pretrained one. The engine is opened with them.
import { createTokenizer } from '@lilformer/datasets';
import { openEngine, engineNames } from '@lilformer/engine';
import {
  BertForMaskedLM,
  BertModel,
  LanguageModel,
  loadModel,
  type AnyModel,
  type LoadedModel,
} from '@lilformer/models';
import type { GenerativeModel } from '@lilformer/sampling';
import { loadTokenizer, type Tokenizer } from '@lilformer/tokenizers';
import { existsSync } from 'node:fs';
import { bestRun } from './best-run.js';
import { IdTokenizer } from './id-tokenizer.js';
import { givenCorpus, type TextFlags } from './evaluation-text.js';
import { resolveUserPath } from './paths.js';
import { flag, oneOf, text, integer, type FlagValues } from './flags/flag.js';
import type { Terminal } from './output/terminal.js';

/** Flags that name a model: exactly one of the two is needed. */
export const namedModelFlags = {
  run: flag(
    {
      value: 'PATH',
      help: 'a run folder, as `train` prints it (of a folder of runs, the best), or a .pt, .pth or .safetensors file',
    },
    text('a run folder or a file of weights').optional(),
  ),
  model: flag(
    {
      value: 'NAME',
      help: 'instead a pretrained model: a folder as Hugging Face saves them, or a name on its Hub, such as gpt2',
    },
    text('a folder or a name').optional(),
  ),
  weights: flag(
    {
      value: 'TYPE',
      help: 'how a pretrained model keeps its weights: float32, or bf16 in half the memory, faster and less exact',
    },
    oneOf('float32', 'bf16').default('float32'),
  ),
};

/** Flags that say what computes. */
export const engineFlags = {
  engine: flag(
    { group: 'Engine', value: 'NAME', help: `${engineNames.join(', ')}; without it the fastest that opens` },
    oneOf(...engineNames).optional(),
  ),
  threads: flag(
    { group: 'Engine', value: 'N', help: 'threads to compute with; without it as many as there are cores' },
    integer(1).optional(),
  ),
};

/** Flags for what a file of weights does not tell. */
export const fileFlags = {
  tokenizer: flag(
    {
      group: 'Files of weights',
      value: 'FILE|char',
      help: 'the tokenizer of a model that lies without one: a tokenizer.json, or `char`, made of the characters of --text',
    },
    text().optional(),
  ),
  heads: flag(
    { group: 'Files of weights', value: 'N', help: 'heads of a model whose file does not tell' },
    integer(1).optional(),
  ),
};

export type EngineFlags = FlagValues<typeof engineFlags>;
export type FileFlags = FlagValues<typeof fileFlags>;

/** Opens the engine; returns what it is, in words. */
export async function startEngine({ engine, threads }: EngineFlags): Promise<string> {
  return (await openEngine({ engine, threads })).describe();
}

/** What `loadModel` needs beside a path. @throws Error when the tokenizer cannot be had */
export async function fileOptions(
  { tokenizer, heads }: FileFlags,
  flags: Pick<TextFlags, 'text' | 'separator'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<{ tokenizer?: Tokenizer; config?: Record<string, unknown> }> {
  return {
    tokenizer: tokenizer === undefined ? undefined : await tokenizerNamed(tokenizer, flags, terminal, signal),
    config: heads === undefined ? undefined : { nHeads: heads },
  };
}

async function tokenizerNamed(
  name: string,
  flags: Pick<TextFlags, 'text' | 'separator'>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Tokenizer> {
  if (name !== 'char') return loadTokenizer(resolveUserPath(name));
  if (flags.text === undefined) {
    throw new Error('--tokenizer char: expected --text with it, whose characters are its vocabulary');
  }
  const corpus = await givenCorpus(flags.text, flags, terminal, signal);
  return createTokenizer({ tokenizer: 'char', vocabSize: 0 }, corpus, { signal });
}

/**
 * Opens a model with its tokenizer; of a folder of runs, the best one.
 * @throws Error when it has none
 */
export async function openModel(
  run: string,
  terminal: Terminal,
  options: { tokenizer?: Tokenizer; config?: Record<string, unknown> } = {},
): Promise<LoadedModel<LanguageModel> & { readonly path: string; readonly tokenizer: Tokenizer }> {
  const path = await bestRun(resolveUserPath(run), (line) => terminal.print(line));
  const opened = await loadModel(path, options);
  const { model, tokenizer } = opened;
  if (model instanceof LanguageModel && tokenizer) return { ...opened, model, path, tokenizer };
  model.dispose();
  if (!(model instanceof LanguageModel)) {
    throw new Error(`${run}: a ${model.constructor.name}. Expected a decoder-only or recurrent model.`);
  }
  throw new Error(
    `${run}: has no tokenizer beside it; expected --tokenizer FILE, or --tokenizer char with --text`,
  );
}

/** A model of any kind, with all that belongs to it. */
export interface NamedModel {
  /** As it was typed. */
  readonly name: string;
  readonly model: AnyModel;
  readonly tokenizer: Tokenizer;
  /** What a pretrained model's generation_config.json says; empty of others. */
  readonly generationConfig: Readonly<Record<string, unknown>>;
}

/**
 * The model as one that writes.
 * @throws Error when it only reads
 */
export function writerOf({ name, model }: NamedModel): GenerativeModel {
  if (model instanceof BertModel || model instanceof BertForMaskedLM) {
    throw new Error(
      `${name}: ${model.constructor.name} reads and cannot write; expected a GPT-2, BART or T5, or a run`,
    );
  }
  return model;
}

/**
 * Opens what `--run` or `--model` names. A pretrained model without a tokenizer has ids for texts.
 * @throws Error when there is not exactly one of the two, what it names cannot be opened, or a run is to be in bf16
 */
export async function openNamed(
  { run, model: pretrained, weights }: FlagValues<typeof namedModelFlags>,
  terminal: Terminal,
  options: { tokenizer?: Tokenizer; config?: Record<string, unknown> } = {},
): Promise<NamedModel> {
  if ((run === undefined) === (pretrained === undefined)) {
    throw new Error('expected either --run PATH or --model NAME');
  }
  if (run !== undefined) {
    if (weights === 'bf16') throw new Error('--weights bf16: expected --model NAME with it, not --run');
    const { model, tokenizer } = await openModel(run, terminal, options);
    return { name: run, model, tokenizer, generationConfig: {} };
  }
  const name = pretrained!;
  const path = resolveUserPath(name);
  const { model, tokenizer, generationConfig } = await loadModel(existsSync(path) ? path : name, {
    dtype: weights,
  });
  if (weights === 'bf16') terminal.print(memoryOf(model));
  const own = tokenizer ?? options.tokenizer;
  if (!own) terminal.print(`${name} lies without a tokenizer: its texts are ids, such as 5 17 42.`);
  const eos = [generationConfig.eos_token_id].flat()[0];
  const ids = new IdTokenizer(model.vocabSize, typeof eos === 'number' ? eos : undefined);
  return { name, model, tokenizer: own ?? ids, generationConfig };
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
