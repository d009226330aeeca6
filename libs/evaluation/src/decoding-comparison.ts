// Ways of choosing tokens side by side on one prompt: what each writes, and what it makes of the probabilities of the first
// token. The choosing itself is sampling's.
import {
  filterLogits,
  generate,
  softmax,
  topTokens,
  type GenerateOptions,
  type GenerativeModel,
} from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { visibleToken } from './visible-token.js';

/** A way of choosing tokens. */
export interface Strategy {
  /** "Temperature 0.5" */
  readonly name: string;
  /** What it does, in a sentence; for a group of them, said at the first. */
  readonly about: string;
  readonly options: Pick<GenerateOptions, 'temperature' | 'topK' | 'topP' | 'minP' | 'typicalP'>;
}

const temperatures = [0.5, 1, 1.5].map((temperature, i): Strategy => {
  const about =
    'Divides the logits: below 1 the likely gets likelier, above 1 everything more alike. No other filter.';
  return {
    name: `Temperature ${temperature.toFixed(1)}`,
    about: i === 0 ? about : '',
    options: { temperature },
  };
});

const topKs = [1, 50, 500].map((topK, i): Strategy => {
  const about =
    'Draws among the k likeliest tokens only, however likely they are. With k = 1 there is nothing to draw.';
  return { name: `Top-k ${topK}`, about: i === 0 ? about : '', options: { temperature: 1, topK } };
});

const topPs = [0.95, 0.75, 0.5].map((topP, i): Strategy => {
  const about =
    'Draws among the likeliest tokens that together have the probability p: few where the model is sure, many where it is not.';
  return { name: `Top-p ${topP}`, about: i === 0 ? about : '', options: { temperature: 1, topP } };
});

/** Greedy, simple sampling, temperatures, top-k and top-p, as they are usually shown. */
export const decodingStrategies: readonly Strategy[] = [
  {
    name: 'Greedy search',
    about: 'Always the likeliest token: the same text every time, and prone to go in circles.',
    options: { temperature: 0 },
  },
  {
    name: 'Simple sampling (temperature 1.0, top-k 50)',
    about:
      'Draws by probability. The top-k of 50 is what Hugging Face’s generate takes unless told otherwise; without it, rarely, ' +
      'anything can come.',
    options: { temperature: 1, topK: 50 },
  },
  ...temperatures,
  ...topKs,
  ...topPs,
];

/** A piece of what a strategy writes. */
export interface DecodingEvent {
  readonly strategy: Strategy;
  /** The text that is certain now. */
  readonly text: string;
  /** Set on the last piece: all ids that were written. */
  readonly ids: readonly number[] | undefined;
}

/** What {@link compareDecoding} takes. */
export interface DecodingOptions {
  /** Most new tokens. Default 50. */
  readonly maxNewTokens?: number;
  /** Seed of every strategy, so that they differ by what they are alone. Default 0. */
  readonly seed?: number | string;
  /** Default {@link decodingStrategies}. */
  readonly strategies?: readonly Strategy[];
  /** What holds for all of them, such as stop texts and penalties. */
  readonly common?: Omit<
    GenerateOptions,
    'maxNewTokens' | 'seed' | 'temperature' | 'topK' | 'topP' | 'minP' | 'typicalP'
  >;
}

/** Lets each strategy go on with a prompt, one after the other, piece by piece. */
export async function* compareDecoding(
  model: GenerativeModel,
  tokenizer: Tokenizer,
  prompt: string,
  { maxNewTokens = 50, seed = 0, strategies = decodingStrategies, common = {} }: DecodingOptions = {},
): AsyncGenerator<DecodingEvent, void, undefined> {
  for (const strategy of strategies) {
    const ids: number[] = [];
    const options = { ...common, ...strategy.options, maxNewTokens, seed };
    for await (const { id, text, finishReason } of generate(model, tokenizer, prompt, options)) {
      ids.push(id);
      yield { strategy, text, ids: finishReason && ids };
    }
  }
}

/** Probabilities of the first new token, before any strategy and after each. */
export interface FirstTokenDistributions {
  /** The likeliest tokens, likeliest first, with visible white space. */
  readonly tokens: readonly string[];
  /** The model's own, then one a strategy; a probability for each of the tokens, 0 where it cannot come. */
  readonly stages: readonly { readonly name: string; readonly probabilities: readonly number[] }[];
}

/**
 * What strategies make of the first token's probabilities.
 *
 * @param count how many of the likeliest tokens
 */
export async function firstTokenDistributions(
  model: GenerativeModel,
  tokenizer: Tokenizer,
  prompt: Iterable<number>,
  strategies: readonly Strategy[] = decodingStrategies,
  count = 10,
): Promise<FirstTokenDistributions> {
  for await (const { logits } of generate(model, undefined, prompt, { temperature: 0, maxNewTokens: 1 })) {
    const row = logits.subarray(0, tokenizer.vocabSize);
    const top = topTokens(row, count).map(({ id }) => id);
    const of = (probabilities: ArrayLike<number>): number[] => top.map((id) => probabilities[id]);
    const stages = strategies.map(({ name, options }) => {
      const { temperature = 1 } = options;
      // Greedy choice is what any temperature comes to in the end: everything on the likeliest.
      const chosen =
        temperature === 0 ? top.map((_, i) => Number(i === 0)) : of(softmax(filterLogits(row, options)));
      return { name, probabilities: chosen };
    });
    return {
      tokens: top.map((id) => visibleToken(tokenizer, id)),
      stages: [{ name: 'the model', probabilities: of(softmax(row)) }, ...stages],
    };
  }
  throw new Error('the model gave no token'); // unreachable: maxNewTokens is 1
}
