// Beam search (Lowerre, 1976; with a length penalty Wu et al., 2016): several texts are followed at once, and of all
// their continuations the likeliest are kept. Diverse groups of beams (Vijayakumar et al., 2018) as well. Decides which
// texts go on; scoring them is a Scorer's affair, and texts are ids here.
import { argmax } from './draw.js';
import { Turns, type Finish } from './lockstep.js';
import type { BeamSettings } from './options.js';
import { processLogits } from './processors.js';
import type { Scorer } from './scorer.js';

/** A text that a beam search has found. */
export interface Beam {
  /** The ids that follow the prompt's (of an encoder-decoder: its start), the stop token included. */
  readonly ids: number[];
  /** Summed log-probability, after penalties, divided by the number of tokens to the power of `lengthPenalty`. */
  readonly score: number;
  readonly finish: Finish;
}

/** A text that goes on. */
interface Running {
  /** Its place among the scorer's texts. */
  readonly place: number;
  readonly ids: readonly number[];
  /** Summed log-probability. */
  readonly score: number;
}

/** A text and one token more. */
interface Candidate {
  readonly from: Running;
  readonly id: number;
  readonly score: number;
}

/** One search among equals; a prompt has as many as there are groups. */
interface Group {
  running: readonly Running[];
  /** Those that have ended, best first, at most as many as the group has beams. */
  finished: readonly Beam[];
  done: boolean;
}

/**
 * The likeliest continuations of texts, side by side.
 *
 * @param source the texts, at least one, and their scores; freed in the end
 * @param stopped whether ids that were generated end their text, besides stop tokens
 * @returns for each text `sequences` beams, best first
 * @throws Error when no token can follow
 */
export async function searchBeams(
  source: Scorer,
  settings: BeamSettings,
  stopped: (ids: readonly number[], text: number) => boolean = () => false,
): Promise<Beam[][]> {
  const { maxTokens, groups, sequences, signal } = settings;
  if (maxTokens === 0) return source.texts.map(() => [{ ids: [], score: 0, finish: 'length' }]);
  const turns = new Turns();
  const searches = source.texts.map((_, place) =>
    Array.from({ length: groups }, (): Group => {
      return { running: [{ place, ids: [], score: 0 }], finished: [], done: false };
    }),
  );
  try {
    for (let length = 1; length <= maxTokens; length++) {
      signal?.throwIfAborted();
      const logits = source.next().map((row) => logProbabilities(row, settings.drawable));
      const places: number[] = [];
      const ids: number[] = [];
      searches.forEach((search, text) => {
        const taken = new Map<number, number>();
        for (const group of search) {
          if (group.done) continue;
          const before = { texts: source.texts, logits, taken, length };
          const going = step(group, settings, before, (ids) => stopped(ids, text));
          for (const { id } of going) taken.set(id, (taken.get(id) ?? 0) + 1);
          if (group.done) continue;
          group.running = going.map(({ from, id, score }) => {
            places.push(from.place);
            ids.push(id);
            return { place: places.length - 1, ids: [...from.ids, id], score };
          });
        }
      });
      if (places.length === 0) break;
      source.extend(places, ids);
      await turns.give();
    }
  } finally {
    source.dispose();
  }
  return searches.map((search) => {
    const found = search.flatMap(({ finished }) => finished).sort((a, b) => b.score - a.score);
    return found.slice(0, sequences);
  });
}

/** What a step of a group has before it. */
interface Before {
  readonly texts: readonly (readonly number[])[];
  /** Log-probabilities [V] of each text. */
  readonly logits: readonly Float32Array[];
  /** How many beams of earlier groups take a token at this place. */
  readonly taken: ReadonlyMap<number, number>;
  /** Number of generated tokens, this one included. */
  readonly length: number;
}

/** Ends some texts of a group, and gives those that go on, if it is not done. */
function step(
  group: Group,
  settings: BeamSettings,
  before: Before,
  stopped: (ids: readonly number[]) => boolean,
): Candidate[] {
  const { maxTokens, stopTokens, lengthPenalty, earlyStopping } = settings;
  const { length } = before;
  const size = settings.beams / settings.groups;
  // So many that enough go on even if all that can end a text are the best.
  const candidates = best(group.running, Math.max(2, 1 + stopTokens.size) * size, settings, before);
  if (candidates.length === 0) throw new Error('no token can follow: all of them are banned or impossible');
  const going: Candidate[] = [];
  const ended: Beam[] = [];
  candidates.forEach((candidate, rank) => {
    const ids = [...candidate.from.ids, candidate.id];
    const stop = stopTokens.has(candidate.id) || stopped(ids);
    if (!stop && length < maxTokens) {
      if (going.length < size) going.push(candidate);
    } else if (rank < size) {
      const score = candidate.score / length ** lengthPenalty;
      ended.push({ ids, score, finish: stop ? 'stop' : 'length' });
    }
  });
  group.finished = [...group.finished, ...ended].sort((a, b) => b.score - a.score).slice(0, size);
  const full = group.finished.length === size;
  if (going.length === 0 || (full && earlyStopping === true)) group.done = true;
  else if (full) {
    // Log-probabilities only sink; what may rise is the score, by growing longer.
    const longest = earlyStopping === 'never' && lengthPenalty > 0 ? maxTokens : length;
    group.done = going[0].score / longest ** lengthPenalty <= group.finished[size - 1].score;
  }
  return going;
}

/** The best `count` continuations of some texts, best first. */
function best(
  running: readonly Running[],
  count: number,
  settings: BeamSettings,
  { texts, logits, taken, length }: Before,
): Candidate[] {
  const { maxTokens, processing, stopTokens, diversityPenalty } = settings;
  const candidates: Candidate[] = [];
  for (const from of running) {
    let row = logits[from.place];
    if (diversityPenalty > 0 && taken.size > 0) {
      row = new Float32Array(row);
      for (const [id, times] of taken) row[id] -= diversityPenalty * times;
    }
    if (processing) {
      const text = { ids: texts[from.place], generated: length - 1, maxTokens, stopTokens };
      row = processLogits(row, text, processing);
    }
    let least = candidates.length < count ? -Infinity : candidates[count - 1].score;
    for (let id = 0; id < row.length; id++) {
      const score = from.score + row[id];
      if (!(score > least)) continue;
      let at = candidates.length;
      while (at > 0 && candidates[at - 1].score < score) at--;
      candidates.splice(at, 0, { from, id, score });
      if (candidates.length > count) candidates.pop();
      if (candidates.length === count) least = candidates[count - 1].score;
    }
  }
  return candidates;
}

/** Log-probabilities of the first `drawable` tokens [V]. */
function logProbabilities(logits: Float32Array, drawable: number): Float32Array {
  const largest = logits[argmax(logits)];
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id] - largest);
  const logSum = largest + Math.log(sum);
  const row = new Float32Array(Math.min(drawable, logits.length));
  for (let id = 0; id < row.length; id++) row[id] = logits[id] - logSum;
  return row;
}
