// Generation: a stream of tokens, one text, or a batch of texts.
import type { Tokenizer } from '@lilformer/tokenizers';
import { samplingRandom, settingsFrom, type GenerateOptions, type Settings } from './options.js';
import { promptIds, type Prompt } from './prompt.js';
import { groupPrompts, openBatch, outputPrefix, type GenerativeModel } from './sequences/generative-model.js';
import { searchBeams } from './strategies/beam-search.js';
import { sampleSequences, type FinishReason } from './strategies/sample-sequences.js';
import { TextStreamer } from './text-streamer.js';

/** A token of the stream of {@link generate}. */
export interface GeneratedToken {
  readonly id: number;
  /**
   * The text that this token completes, possibly empty: a character of several tokens comes with its last token. All pieces
   * joined are the text. Always empty without a tokenizer.
   */
  readonly text: string;
  /** Logits `[V]` of the token before processors and filters; `topTokens` turns them into probabilities. */
  readonly logits: Float32Array;
  /** Set on the last token. */
  readonly finishReason: FinishReason | undefined;
}

/** A generated text, without the prompt. */
export interface GeneratedText {
  /** The text without end-of-text token, stop string and special tokens. Empty without a tokenizer. */
  readonly text: string;
  /** The generated ids, an end-of-text token included. */
  readonly ids: number[];
  readonly finishReason: FinishReason;
  /** Beam search only: the sum of log-probabilities divided by the number of tokens to the power of `lengthPenalty`. */
  readonly score?: number;
}

/**
 * Generates token by token: `for await (const { text } of generate(…)) process.stdout.write(text)`.
 *
 * Tokens are computed when they are requested; leaving the loop ends the generation. The model runs in evaluation mode and
 * keeps its own mode.
 *
 * @param tokenizer undefined for ids without text
 * @param prompt text or ids; an empty prompt starts from the end-of-text token
 * @throws RangeError or TypeError, at once, when the prompt or an option is invalid
 */
export function generate(
  model: GenerativeModel,
  tokenizer: Tokenizer | undefined,
  prompt: Prompt,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken, void, undefined> {
  const settings = settingsFrom(model, options, tokenizer);
  if (settings.numBeams > 1) {
    throw new RangeError(
      `numBeams ${settings.numBeams}: beam search cannot stream tokens. Use generateText or generateBatch.`,
    );
  }
  expectOneSequence(options);
  const ids = promptIds(model, prompt, tokenizer);
  const [seed] = seedsOf(options, 1);
  return (async function* () {
    const sampler = { random: samplingRandom(seed), streamer: streamerOf(model, ids, settings, tokenizer) };
    const steps = sampleSequences(openBatch(model, [ids], settings), [sampler], settings);
    for await (const { id, text, logits, finishReason } of steps) yield { id, text, logits, finishReason };
  })();
}

/**
 * Generates one text.
 *
 * @param tokenizer undefined for ids without text
 * @param prompt text or ids; an empty prompt starts from the end-of-text token
 * @throws RangeError or TypeError when the prompt or an option is invalid
 */
export async function generateText(
  model: GenerativeModel,
  tokenizer: Tokenizer | undefined,
  prompt: Prompt,
  options: GenerateOptions = {},
): Promise<GeneratedText> {
  expectOneSequence(options);
  const [result] = await generateBatch(model, tokenizer, [prompt], options);
  return result;
}

/**
 * Generates a text for each of several prompts of any lengths. Each result equals that of {@link generateText}.
 *
 * @param tokenizer undefined for ids without text
 * @returns `numReturnSequences` texts for each prompt, in the order of the prompts; those of a beam search best first
 * @throws RangeError or TypeError when a prompt or an option is invalid
 */
export async function generateBatch(
  model: GenerativeModel,
  tokenizer: Tokenizer | undefined,
  prompts: readonly Prompt[],
  options: GenerateOptions = {},
): Promise<GeneratedText[]> {
  const settings = settingsFrom(model, options, tokenizer);
  const inputs = prompts.map((prompt) => promptIds(model, prompt, tokenizer));
  if (settings.numBeams > 1) return generateBeams(model, tokenizer, inputs, settings);
  const seeds = seedsOf(options, prompts.length);
  const rows = inputs.flatMap((input, prompt) =>
    Array.from({ length: settings.numReturnSequences }, (_, index) => ({
      input,
      random: samplingRandom(seeds[prompt], index),
      streamer: streamerOf(model, input, settings, tokenizer),
      result: { text: '', ids: [] as number[], finishReason: 'length' as FinishReason },
    })),
  );
  const all = rows.map(({ input }) => input);
  for (const group of groupPrompts(model, all, settings.maxNewTokens)) {
    const members = group.map((row) => rows[row]);
    const batch = openBatch(
      model,
      group.map((row) => all[row]),
      settings,
    );
    for await (const { row, id, text, finishReason } of sampleSequences(batch, members, settings)) {
      const { result } = members[row];
      result.ids.push(id);
      result.text += text;
      result.finishReason = finishReason ?? result.finishReason;
    }
  }
  return rows.map(({ result }) => result);
}

async function generateBeams(
  model: GenerativeModel,
  tokenizer: Tokenizer | undefined,
  inputs: readonly (readonly number[])[],
  settings: Settings,
): Promise<GeneratedText[]> {
  const results: GeneratedText[][] = [];
  for (const group of groupPrompts(model, inputs, settings.maxNewTokens)) {
    const prompts = group.map((prompt) => inputs[prompt]);
    const isStopped = (ids: readonly number[], row: number): boolean => {
      if (settings.stop.length === 0) return false;
      const streamer = streamerOf(model, prompts[row], settings, tokenizer);
      return ids.some((id) => streamer?.push(id));
    };
    const found = await searchBeams(openBatch(model, prompts, settings), settings, isStopped);
    found.forEach((beams, row) => {
      results[group[row]] = beams.map(({ ids, finishReason, score }) => {
        const streamer = streamerOf(model, prompts[row], settings, tokenizer);
        ids.some((id) => settings.eosTokenIds.has(id) || streamer?.push(id));
        return { text: streamer?.end() ?? '', ids, finishReason, score };
      });
    });
  }
  return results.flat();
}

function streamerOf(
  model: GenerativeModel,
  prompt: readonly number[],
  { stop }: Settings,
  tokenizer: Tokenizer | undefined,
): TextStreamer | undefined {
  return tokenizer && new TextStreamer(tokenizer, outputPrefix(model, prompt), stop);
}

/** The seed of each prompt. */
function seedsOf({ seed }: GenerateOptions, prompts: number): readonly (number | string | undefined)[] {
  if (!Array.isArray(seed))
    return new Array<number | string | undefined>(prompts).fill(seed as number | string);
  if (seed.length !== prompts) {
    throw new RangeError(
      `seed: ${seed.length} seeds for ${prompts} prompts. Expected one seed, or one for each.`,
    );
  }
  return seed as (number | string)[];
}

function expectOneSequence({ numReturnSequences = 1 }: GenerateOptions): void {
  if (numReturnSequences > 1) {
    throw new RangeError(
      `numReturnSequences ${numReturnSequences}: expected 1 here. Use generateBatch, which returns all sequences.`,
    );
  }
}
