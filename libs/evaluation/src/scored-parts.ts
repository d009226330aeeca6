// The parts that a text is measured in: what the model is fed at once, and which of its predictions count. Leaves out sums
// and clocks (perplexity.ts).
import type { Batch, TokenSource } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { tokenLosses } from './token-losses.js';

/** Some predictions. */
export interface ScoredPart {
  /** Losses [rows · places], in nats, row by row: those that count. */
  readonly losses: Float32Array;
  /** Predictions that count in each row. */
  readonly places: number;
  /** The place in the context of the first of them. */
  readonly from: number;
  /** Tokens that the model was fed. */
  readonly fed: number;
}

/** Every prediction of every window. */
export function* windowParts(model: LanguageModel, batches: Iterable<Batch>): Generator<ScoredPart> {
  for (const batch of batches) {
    yield { losses: tokenLosses(model, batch), places: batch.length, from: 0, fed: batch.inputs.length };
  }
}

/** A window that moves on by `stride` tokens: of the first all predictions, of the others only those not made before. */
export function* slidingParts(
  model: LanguageModel,
  source: TokenSource,
  context: number,
  stride: number,
  batchSize: number,
): Generator<ScoredPart> {
  const score = (starts: readonly number[], places: number): ScoredPart => {
    const batch = windowsAt(source, starts, context);
    const lastOnly = places === 1;
    const all = tokenLosses(model, batch, { lastOnly });
    const from = context - places;
    const losses = lastOnly ? all : all.filter((_, i) => i % context >= from);
    return { losses, places, from, fed: batch.inputs.length };
  };
  yield score([0], context);
  const last = source.length - 1 - context; // where the last window starts
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

/** The text in one piece, by a model that remembers what it has read. */
export function* continuedParts(model: LanguageModel, source: TokenSource): Generator<ScoredPart> {
  const cache = model.createCache(1);
  try {
    for (let start = 0; start < source.length - 1; start += PIECE) {
      const batch = windowsAt(source, [start], Math.min(PIECE, source.length - 1 - start));
      yield {
        losses: tokenLosses(model, batch, { cache }),
        places: batch.length,
        from: 0,
        fed: batch.length,
      };
    }
  } finally {
    cache.dispose();
  }
}

/** Tokens that a model without a longest text is fed at once: what their logits take is what limits it. */
const PIECE = 512;

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
