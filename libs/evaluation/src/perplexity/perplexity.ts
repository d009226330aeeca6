// Perplexity by named protocols. Values of different protocols are not comparable: more context before a token lowers its loss.
import { yieldToEventLoop } from '@lilformer/engine';
import { batches, type TokenSource, type Windows } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { checkOptionNames } from '@lilformer/tokenizers';
import { everyWindow, slidingWindow, wholeText, type ScoredWindows } from './scored-windows.js';

/** What is measured, and how. */
export type PerplexityProtocol =
  /** Each token of a text once, except for the first, with the context that the window has before it. */
  | {
      readonly protocol: 'each-token-once';
      readonly source: TokenSource;
      /**
       * Tokens by which the window moves; a quarter of the context unless given. Each token has at least
       * `contextLength - stride + 1` tokens of context where the text has as many. 1 gives the most context and costs a whole
       * window per token. Models without a context limit read the text in one pass, and ignore it.
       */
      readonly stride?: number;
      /** Windows per batch; default 32. */
      readonly batchSize?: number;
    }
  /** The mean over all windows, each from an empty context. Windows one token apart count a token once at every position. */
  | { readonly protocol: 'all-windows'; readonly windows: Windows; readonly batchSize?: number }
  /** The mean over random batches of windows: an estimate. */
  | {
      readonly protocol: 'random-batches';
      readonly windows: Windows;
      /** Number of batches; default 200. */
      readonly batches?: number;
      readonly batchSize?: number;
      /** Default 0. */
      readonly seed?: number | string;
    };

/** A measured perplexity. */
export interface Perplexity {
  readonly protocol: PerplexityProtocol['protocol'];
  /** The protocol with its numbers, such as `all 89,531 windows of 64 tokens, stride 1`. */
  readonly description: string;
  /** Mean cross entropy in nats per token. */
  readonly loss: number;
  /** exp(loss) */
  readonly perplexity: number;
  /** Number of predictions. */
  readonly tokens: number;
  /**
   * Mean loss by position: entry p is that of the predictions with p + 1 tokens of context, NaN without any. Empty for a model
   * without a context limit.
   */
  readonly byPosition: readonly number[];
  /** Number of predictions of each entry of `byPosition`. */
  readonly predictionsByPosition: readonly number[];
  readonly seconds: number;
  /** Tokens that the model was given per second; overlapping windows give more tokens than there are predictions. */
  readonly tokensPerSecond: number;
}

/** Progress of a measurement. */
export interface PerplexityProgress {
  readonly type: 'progress';
  /** Tokens that the model was given so far. */
  readonly fed: number;
  /** Tokens that it will be given in all. */
  readonly total: number;
  /** Mean loss so far, in nats per token. */
  readonly loss: number;
  readonly tokensPerSecond: number;
  /** Seconds so far. */
  readonly elapsed: number;
  /** Estimated seconds left. */
  readonly eta: number;
}

/** Measures a perplexity, as {@link measurePerplexity} does without the progress. */
export async function perplexity(
  model: LanguageModel,
  protocol: PerplexityProtocol,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Perplexity> {
  for await (const event of measurePerplexity(model, protocol, options)) {
    if (event.type === 'done') return event.result;
  }
  throw new Error('measurePerplexity: ended without a result');
}

/**
 * Measures a perplexity and reports progress after each batch; the last event has the result.
 *
 * The model runs in evaluation mode and keeps its own mode. The event loop gets a turn between batches.
 *
 * @throws RangeError, at once, when windows do not fit the model or a number is invalid; the signal's reason when aborted
 */
export function measurePerplexity(
  model: LanguageModel,
  protocol: PerplexityProtocol,
  options: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<PerplexityProgress | { readonly type: 'done'; readonly result: Perplexity }, void> {
  checkOptionNames(options, ['signal']);
  return run(protocol.protocol, planOf(model, protocol), options.signal);
}

interface Plan {
  readonly description: string;
  /** Tokens that the model will be given. */
  readonly total: number;
  /** Number of positions in a window; 0 without a context limit. */
  readonly positions: number;
  readonly windows: AsyncIterable<ScoredWindows>;
}

function planOf(model: LanguageModel, protocol: PerplexityProtocol): Plan {
  const count = (value: number) => value.toLocaleString('en-US');
  const { batchSize = 32 } = protocol;
  expectCount('batchSize', batchSize);
  if (protocol.protocol === 'each-token-once') {
    const { source } = protocol;
    if (source.length < 2) {
      throw new RangeError(`text: has ${source.length} tokens. Expected at least 2.`);
    }
    const tokens = source.length - 1;
    const context = Math.min(model.contextLength, tokens);
    const { stride = Math.max(1, Math.floor(context / 4)) } = protocol;
    expectCount('stride', stride);
    if (model.contextLength === Infinity) {
      return {
        description: `each of ${count(tokens)} tokens once, with all of the text before it`,
        total: tokens,
        positions: 0,
        windows: wholeText(model, source),
      };
    }
    if (stride > context) {
      throw new RangeError(
        `stride: is ${stride}. Expected at most the context of ${context} tokens, so that no token is left out.`,
      );
    }
    const moves = Math.ceil((tokens - context) / stride);
    return {
      description: `each of ${count(tokens)} tokens once, with ${context === tokens ? 'all' : `up to ${count(context)} tokens`} of the text before it, stride ${stride}`,
      total: (1 + moves) * context,
      positions: context,
      windows: slidingWindow(model, source, context, stride, batchSize),
    };
  }
  const { windows } = protocol;
  const positions = windows.length;
  if (positions > model.contextLength) {
    throw new RangeError(
      `windows: have ${positions} tokens. Expected at most the model's context of ${model.contextLength}.`,
    );
  }
  if (protocol.protocol === 'all-windows') {
    return {
      description: `all ${count(windows.count)} windows of ${positions} tokens, stride ${windows.stride}`,
      total: windows.count * positions,
      positions,
      windows: everyWindow(model, batches(windows, { batchSize, order: 'sequential' })),
    };
  }
  const { batches: limit = 200, seed = 0 } = protocol;
  expectCount('batches', limit);
  return {
    description: `${count(limit)} random batches of ${count(batchSize)} windows of ${positions} tokens, seed ${seed}`,
    total: limit * batchSize * positions,
    positions,
    windows: everyWindow(model, batches(windows, { batchSize, order: 'random', limit, seed })),
  };
}

async function* run(
  protocol: PerplexityProtocol['protocol'],
  { description, total, positions, windows }: Plan,
  signal: AbortSignal | undefined,
): ReturnType<typeof measurePerplexity> {
  const started = performance.now();
  const sums = new Float64Array(positions);
  const counts = new Float64Array(positions);
  let [sum, tokens, fed, elapsed] = [0, 0, 0, 0];
  signal?.throwIfAborted();
  for await (const scored of windows) {
    scored.losses.forEach((loss, i) => {
      sum += loss;
      if (positions === 0) return;
      const position = scored.from + (i % scored.positions);
      sums[position] += loss;
      counts[position]++;
    });
    tokens += scored.losses.length;
    fed += scored.fed;
    elapsed = (performance.now() - started) / 1000;
    const tokensPerSecond = fed / elapsed;
    const eta = (total - fed) / tokensPerSecond;
    yield { type: 'progress', fed, total, loss: sum / tokens, tokensPerSecond, elapsed, eta };
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  const loss = sum / tokens;
  yield {
    type: 'done',
    result: {
      protocol,
      description,
      loss,
      perplexity: Math.exp(loss),
      tokens,
      byPosition: Array.from(sums, (each, i) => each / counts[i]),
      predictionsByPosition: Array.from(counts),
      seconds: elapsed,
      tokensPerSecond: fed / elapsed,
    },
  };
}

function expectCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name}: is ${value}. Expected a whole number of at least 1.`);
  }
}
