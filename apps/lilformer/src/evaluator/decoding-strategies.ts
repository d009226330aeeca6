// The decoding strategies of `decode`, and what they do to the probabilities of the first token.
import { visibleToken } from '@lilformer/evaluation';
import {
  filterLogits,
  generate,
  softmax,
  topTokens,
  type GenerateOptions,
  type GenerativeModel,
} from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';

/** A decoding strategy. */
export interface Strategy {
  readonly name: string;
  readonly options: Pick<GenerateOptions, 'temperature' | 'topK' | 'topP'>;
  /** What it does; given for the first of several alike. */
  readonly about?: string;
}

/** Greedy search, sampling as Hugging Face's defaults have it, temperatures, top-k and top-p. */
export const STRATEGIES: readonly Strategy[] = [
  { name: 'Greedy search', options: { temperature: 0 }, about: 'Takes the most likely token.' },
  {
    name: 'Simple sampling (temperature 1.0, top-k 50)',
    options: { temperature: 1, topK: 50 },
    about: "Samples by probability. Top-k 50 is the default of Hugging Face's generate.",
  },
  ...[0.5, 1, 1.5].map((temperature, i) => ({
    name: `Temperature ${temperature.toFixed(1)}`,
    options: { temperature },
    about: i === 0 ? 'Divides the logits by the temperature. No filter.' : undefined,
  })),
  ...[1, 50, 500].map((topK, i) => ({
    name: `Top-k ${topK}`,
    options: { temperature: 1, topK },
    about: i === 0 ? 'Samples from the k most likely tokens.' : undefined,
  })),
  ...[0.95, 0.75, 0.5].map((topP, i) => ({
    name: `Top-p ${topP}`,
    options: { temperature: 1, topP },
    about:
      i === 0
        ? 'Samples from the fewest most likely tokens with a probability of at least p in all.'
        : undefined,
  })),
];

/** Probabilities of the first new token. */
export interface FirstTokenDistributions {
  /** The most likely tokens, most likely first, with visible white space. */
  readonly tokens: readonly string[];
  /** Probabilities of these tokens: of the model, then of each strategy; 0 for a token that is filtered out. */
  readonly stages: readonly { readonly name: string; readonly probabilities: readonly number[] }[];
}

/** The probabilities of the `count` most likely first tokens, before and after each strategy. */
export async function firstTokenDistributions(
  model: GenerativeModel,
  tokenizer: Tokenizer,
  prompt: Iterable<number>,
  strategies: readonly Strategy[],
  count: number,
): Promise<FirstTokenDistributions> {
  for await (const { logits } of generate(model, undefined, prompt, { temperature: 0, maxNewTokens: 1 })) {
    const row = logits.subarray(0, tokenizer.vocabSize);
    const top = topTokens(row, count).map(({ id }) => id);
    const ofTop = (probabilities: ArrayLike<number>): number[] => top.map((id) => probabilities[id]);
    const stages = strategies.map(({ name, options }) => ({
      name,
      probabilities:
        options.temperature === 0
          ? top.map((_, i) => Number(i === 0))
          : ofTop(softmax(filterLogits(row, options))),
    }));
    return {
      tokens: top.map((id) => visibleToken(tokenizer, id)),
      stages: [{ name: 'the model', probabilities: ofTop(softmax(row)) }, ...stages],
    };
  }
  throw new Error('generate: ended without a token'); // unreachable: maxNewTokens is 1
}
