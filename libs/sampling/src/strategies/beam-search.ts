// Beam search (Lowerre, 1976) with a length penalty (Wu et al., 2016) and diverse groups of beams (Vijayakumar et al., 2018).
import { logSumExp } from '../logits/filters.js';
import { banTokens, processLogits } from '../logits/processors.js';
import { argmax } from '../logits/sample.js';
import type { Settings } from '../options.js';
import type { SequenceBatch } from '../sequences/sequence-batch.js';
import type { FinishReason } from './sample-sequences.js';
import { eventLoopYielder } from './yield-to-event-loop.js';

/** A finished sequence. */
export interface Beam {
  /** The generated ids, an end-of-text token included. */
  readonly ids: number[];
  /** Sum of log-probabilities after processors, divided by the number of tokens to the power of `lengthPenalty`. */
  readonly score: number;
  readonly finishReason: FinishReason;
}

/** An unfinished sequence. */
interface Hypothesis {
  /** Index in the batch. */
  readonly row: number;
  readonly ids: readonly number[];
  /** Sum of log-probabilities. */
  readonly logProbability: number;
}

/** A hypothesis with one more token. */
interface Candidate {
  readonly from: Hypothesis;
  readonly id: number;
  readonly logProbability: number;
}

/** A group of beams of one prompt. */
interface Group {
  running: readonly Hypothesis[];
  /** Best first, at most as many as the group has beams. */
  finished: readonly Beam[];
  done: boolean;
}

/** What a group knows at one step. */
interface StepState {
  readonly sequences: readonly (readonly number[])[];
  /** Log-probabilities `[V]` of each sequence's next token. */
  readonly logProbabilities: readonly Float32Array[];
  /** How many beams of earlier groups chose a token at this step. */
  readonly chosen: ReadonlyMap<number, number>;
  /** Number of generated tokens after this step. */
  readonly length: number;
}

/**
 * Searches for the most likely continuations of the sequences of a batch, and frees it.
 *
 * @param isStopped whether generated ids contain a stop string
 * @returns for each sequence `numReturnSequences` beams, best first
 * @throws Error when processors ban all tokens
 */
export async function searchBeams(
  batch: SequenceBatch,
  settings: Settings,
  isStopped: (ids: readonly number[], sequence: number) => boolean = () => false,
): Promise<Beam[][]> {
  const { maxNewTokens, numBeamGroups, numReturnSequences, signal } = settings;
  if (maxNewTokens === 0) return batch.sequences.map(() => [{ ids: [], score: 0, finishReason: 'length' }]);
  const yieldToEventLoop = eventLoopYielder();
  const searches = batch.sequences.map((_, row) =>
    Array.from({ length: numBeamGroups }, (): Group => {
      return { running: [{ row, ids: [], logProbability: 0 }], finished: [], done: false };
    }),
  );
  try {
    for (let length = 1; length <= maxNewTokens; length++) {
      signal?.throwIfAborted();
      const logits = await batch.nextLogits();
      const logProbabilities = logits.map((row) => logSoftmax(row, settings.tokenizerSize));
      const rows: number[] = [];
      const ids: number[] = [];
      searches.forEach((groups, sequence) => {
        const chosen = new Map<number, number>();
        for (const group of groups) {
          if (group.done) continue;
          const state = { sequences: batch.sequences, logProbabilities, chosen, length };
          const next = advance(group, settings, state, (ids) => isStopped(ids, sequence));
          for (const { id } of next) chosen.set(id, (chosen.get(id) ?? 0) + 1);
          if (group.done) continue;
          group.running = next.map(({ from, id, logProbability }) => {
            rows.push(from.row);
            ids.push(id);
            return { row: rows.length - 1, ids: [...from.ids, id], logProbability };
          });
        }
      });
      if (rows.length === 0) break;
      batch.append(rows, ids);
      await yieldToEventLoop();
    }
  } finally {
    batch.dispose();
  }
  return searches.map((groups) =>
    groups
      .flatMap(({ finished }) => finished)
      .sort((a, b) => b.score - a.score)
      .slice(0, numReturnSequences),
  );
}

/** Finishes hypotheses of a group, or the group itself, and returns the candidates that continue. */
function advance(
  group: Group,
  settings: Settings,
  state: StepState,
  isStopped: (ids: readonly number[]) => boolean,
): Candidate[] {
  const { maxNewTokens, eosTokenIds, lengthPenalty, earlyStopping } = settings;
  const { length } = state;
  const size = settings.numBeams / settings.numBeamGroups;
  // Enough candidates to continue even if the best of them all end.
  const candidates = bestCandidates(group.running, Math.max(2, 1 + eosTokenIds.size) * size, settings, state);
  if (candidates.length === 0) throw new Error('no token can follow: all of them are banned');
  const next: Candidate[] = [];
  const ended: Beam[] = [];
  candidates.forEach((candidate, rank) => {
    const ids = [...candidate.from.ids, candidate.id];
    const stopped = eosTokenIds.has(candidate.id) || isStopped(ids);
    if (!stopped && length < maxNewTokens) {
      if (next.length < size) next.push(candidate);
    } else if (rank < size) {
      const score = candidate.logProbability / length ** lengthPenalty;
      ended.push({ ids, score, finishReason: stopped ? 'stop' : 'length' });
    }
  });
  group.finished = [...group.finished, ...ended].sort((a, b) => b.score - a.score).slice(0, size);
  const full = group.finished.length === size;
  if (next.length === 0 || (full && earlyStopping === true)) group.done = true;
  else if (full) {
    // Log-probabilities only decrease; a score can still increase with the length.
    const longest = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : length;
    group.done = next[0].logProbability / longest ** lengthPenalty <= group.finished[size - 1].score;
  }
  return next;
}

/** The `count` most likely continuations of hypotheses, best first. */
function bestCandidates(
  running: readonly Hypothesis[],
  count: number,
  settings: Settings,
  { sequences, logProbabilities, chosen, length }: StepState,
): Candidate[] {
  const { maxNewTokens, eosTokenIds, diversityPenalty, bannedText } = settings;
  const rows = running.map((from) => {
    let row = logProbabilities[from.row];
    if (diversityPenalty > 0 && chosen.size > 0) {
      row = new Float32Array(row);
      for (const [id, times] of chosen) row[id] -= diversityPenalty * times;
    }
    const sequence = { ids: sequences[from.row], generated: length - 1, maxNewTokens, eosTokenIds };
    return processLogits(row, sequence, settings);
  });
  for (;;) {
    const candidates = mostLikely(running, rows, count);
    const banned = candidates.filter(
      ({ from, id }) => !eosTokenIds.has(id) && bannedText?.completes(sequences[from.row], id),
    );
    if (banned.length === 0) return candidates;
    for (const { from, id } of banned) {
      const at = running.indexOf(from);
      rows[at] = banTokens(rows[at], [id]);
    }
  }
}

/** The `count` most likely candidates, best first, by the log-probabilities `[V]` of the token after each hypothesis. */
function mostLikely(
  running: readonly Hypothesis[],
  rows: readonly Float32Array[],
  count: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  running.forEach((from, at) => {
    const row = rows[at];
    let worst = candidates.length < count ? -Infinity : candidates[count - 1].logProbability;
    for (let id = 0; id < row.length; id++) {
      const logProbability = from.logProbability + row[id];
      if (!(logProbability > worst)) continue;
      let at = candidates.length;
      while (at > 0 && candidates[at - 1].logProbability < logProbability) at--;
      candidates.splice(at, 0, { from, id, logProbability });
      if (candidates.length > count) candidates.pop();
      if (candidates.length === count) worst = candidates[count - 1].logProbability;
    }
  });
  return candidates;
}

/** Log-probabilities of the first `size` tokens of logits `[V]`. */
function logSoftmax(logits: Float32Array, size: number): Float32Array {
  const logSum = logSumExp(logits, logits[argmax(logits)]);
  const row = new Float32Array(Math.min(size, logits.length));
  for (let id = 0; id < row.length; id++) row[id] = logits[id] - logSum;
  return row;
}
