// The windows of a perplexity protocol, and which predictions of each window count.
import type { Batch, TokenSource } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { tokenLosses } from './token-losses.js';

/** Losses of one batch of windows. */
export interface ScoredWindows {
  /** Losses `[rows · positions]` in nats, row by row: those that count. */
  readonly losses: Float32Array;
  /** Number of predictions per row that count. */
  readonly positions: number;
  /** Position in the window of the first of them. */
  readonly from: number;
  /** Number of tokens that the model was given. */
  readonly fed: number;
}

/** Every prediction of every window. */
export async function* everyWindow(
  model: LanguageModel,
  batches: Iterable<Batch>,
): AsyncGenerator<ScoredWindows> {
  for (const batch of batches) {
    const losses = await tokenLosses(model, batch);
    yield { losses, positions: batch.length, from: 0, fed: batch.inputs.length };
  }
}

/** A window that moves by `stride` tokens: all predictions of the first window, then only those not made before. */
export async function* slidingWindow(
  model: LanguageModel,
  source: TokenSource,
  context: number,
  stride: number,
  batchSize: number,
): AsyncGenerator<ScoredWindows> {
  const score = async (starts: readonly number[], positions: number): Promise<ScoredWindows> => {
    const batch = windowsAt(source, starts, context);
    const lastOnly = positions === 1;
    const all = await tokenLosses(model, batch, { lastOnly });
    const from = context - positions;
    const losses = lastOnly ? all : all.filter((_, i) => i % context >= from);
    return { losses, positions, from, fed: batch.inputs.length };
  };
  yield score([0], context);
  const last = source.length - 1 - context; // start of the last window
  const whole = Math.floor(last / stride);
  for (let done = 0; done < whole; done += batchSize) {
    const rows = Math.min(batchSize, whole - done);
    yield score(
      Array.from({ length: rows }, (_, row) => (done + row + 1) * stride),
      stride,
    );
  }
  if (last > whole * stride) yield score([last], last - whole * stride);
}

/** The whole text in chunks, by a model without a context limit, which keeps its state between chunks. */
export async function* wholeText(model: LanguageModel, source: TokenSource): AsyncGenerator<ScoredWindows> {
  const cache = model.createCache(1);
  try {
    for (let start = 0; start < source.length - 1; start += CHUNK) {
      const batch = windowsAt(source, [start], Math.min(CHUNK, source.length - 1 - start));
      const losses = await tokenLosses(model, batch, { cache });
      yield { losses, positions: batch.length, from: 0, fed: batch.length };
    }
  } finally {
    cache.dispose();
  }
}

/** Tokens per chunk of {@link wholeText}; limits the memory of the logits. */
const CHUNK = 512;

function windowsAt(source: TokenSource, starts: readonly number[], length: number): Batch {
  const inputs = new Int32Array(starts.length * length);
  const targets = new Int32Array(starts.length * length);
  starts.forEach((start, row) => {
    const ids = source.read(start, length + 1);
    inputs.set(ids.subarray(0, length), row * length);
    targets.set(ids.subarray(1), row * length);
  });
  return { inputs, targets, batch: starts.length, length };
}
