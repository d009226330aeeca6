// Greedy decoding and sampling: compute logits, choose a token, append it, until each sequence has ended.
import type { Random } from '@lilformer/random';
import { banTokens, processLogits } from '../logits/processors.js';
import { sampleToken } from '../logits/sample.js';
import type { Settings } from '../options.js';
import type { SequenceBatch } from '../sequences/sequence-batch.js';
import type { TextStreamer } from '../text-streamer.js';
import { eventLoopYielder } from './yield-to-event-loop.js';

/** Why a sequence ended: `'stop'` at an end-of-text token or stop string, `'length'` at `maxNewTokens`. */
export type FinishReason = 'stop' | 'length';

/** What {@link sampleSequences} needs for each sequence of a batch. */
export interface Sampler {
  readonly random: Random;
  /** Undefined without a tokenizer. */
  readonly streamer: TextStreamer | undefined;
}

/** One token of one sequence. */
interface Step {
  /** Index of the sequence. */
  readonly row: number;
  readonly id: number;
  /** The text that later tokens cannot change; empty without a tokenizer. */
  readonly text: string;
  /** Logits `[V]` of the token before processors and filters. */
  readonly logits: Float32Array;
  /** Set on the last token. */
  readonly finishReason: FinishReason | undefined;
}

/** Continues the sequences of a batch and frees it. Sequences that have ended are no longer computed. */
export async function* sampleSequences(
  batch: SequenceBatch,
  samplers: readonly Sampler[],
  settings: Settings,
): AsyncGenerator<Step, void, undefined> {
  const { maxNewTokens, tokenizerSize, eosTokenIds, bannedText, signal } = settings;
  const yieldToEventLoop = eventLoopYielder();
  let rows = [...samplers.keys()];
  try {
    for (let count = 1; count <= maxNewTokens && rows.length > 0; count++) {
      signal?.throwIfAborted();
      const allLogits = await batch.nextLogits();
      const steps = rows.map((row, i): Step => {
        const { random, streamer } = samplers[row];
        const logits = allLogits[i];
        const state = { ids: batch.sequences[i], generated: count - 1, maxNewTokens, eosTokenIds };
        let processed = processLogits(logits.subarray(0, tokenizerSize), state, settings);
        let id = sampleToken(processed, settings, random);
        while (bannedText && !eosTokenIds.has(id) && bannedText.completes(state.ids, id)) {
          processed = banTokens(processed, [id]);
          id = sampleToken(processed, settings, random);
        }
        const stopped = eosTokenIds.has(id) || streamer?.push(id) === true;
        const finishReason = stopped ? 'stop' : count === maxNewTokens ? 'length' : undefined;
        const text = (finishReason ? streamer?.end() : streamer?.take()) ?? '';
        return { row, id, text, logits, finishReason };
      });
      const running = [...steps.keys()].filter((i) => steps[i].finishReason === undefined);
      // Freed before the last tokens are yielded: the caller may not ask for more.
      if (running.length === 0) batch.dispose();
      yield* steps;
      rows = running.map((i) => rows[i]);
      if (rows.length > 0) {
        batch.append(
          running,
          running.map((i) => steps[i].id),
        );
        await yieldToEventLoop();
      }
    }
  } finally {
    batch.dispose();
  }
}
