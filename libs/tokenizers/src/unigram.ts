// Unigram (Kudo 2018, arXiv:1804.10959), as SentencePiece and T5 encode with it: of all ways to write a word with tokens
// the one whose scores (log probabilities) add up highest, found from left to right (Viterbi). Learning is left out.
import { expectArray, expectBoolean, expectId, where } from './json-checks.js';
import type { WordModel } from './word-piece.js';

/** How much less than the worst token an unknown character counts. */
const UNKNOWN_PENALTY = 10;

/**
 * @param special Ids that `withoutSpecial` keeps out.
 * @throws Error naming what is wrong with the JSON.
 */
export function parseUnigram(model: Record<string, unknown>, special: ReadonlySet<number>): WordModel {
  const tokens: string[] = [];
  const scores: number[] = [];
  const ids = new Map<string, number>();
  expectArray(model.vocab, 'tokenizer.json: "model.vocab"').forEach((entry, id) => {
    const [token, score]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof token !== 'string' || typeof score !== 'number') {
      throw new Error(
        `tokenizer.json: "model.vocab", entry ${id}: ${where(entry)} given, expected ["token", score]`,
      );
    }
    if (ids.has(token)) throw new Error(`tokenizer.json: "model.vocab": ${where(token)} is there twice`);
    ids.set(token, id);
    tokens.push(token);
    scores.push(score);
  });
  const unkTokenId =
    model.unk_id === undefined || model.unk_id === null
      ? undefined
      : expectId(model.unk_id, 'tokenizer.json: "model.unk_id"');
  if (unkTokenId !== undefined && unkTokenId >= tokens.length) {
    throw new Error(`tokenizer.json: "model.unk_id" is ${unkTokenId}, expected less than ${tokens.length}`);
  }
  const byteFallback = expectBoolean(model.byte_fallback, false, 'tokenizer.json: "model.byte_fallback"');
  const lowest = scores.reduce((least, score) => Math.min(least, score), Infinity);
  const trie = new Trie(tokens);

  /** Id of what no path of tokens writes: bytes, or unknown. */
  const unknown = (piece: string, withoutSpecial: boolean): number[] => {
    const known = ids.get(piece);
    if (known !== undefined && !(withoutSpecial && special.has(known))) return [known];
    if (byteFallback) {
      const bytes = [...new TextEncoder().encode(piece)].map((byte) =>
        ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
      );
      if (bytes.every((id) => id !== undefined)) return bytes;
    }
    if (unkTokenId === undefined) {
      throw new Error(
        `unknown character in ${JSON.stringify(piece)}: the tokenizer has no token for it, and none for unknown characters`,
      );
    }
    return [unkTokenId];
  };

  return {
    tokens,
    ids,
    unkTokenId,
    encode(word, withoutSpecial) {
      const { length } = word;
      /** Best score of a path that ends here, where its last token starts (-1: no path yet), and which it is (-1: unknown). */
      const score = new Float64Array(length + 1);
      const start = new Int32Array(length + 1).fill(-1);
      const token = new Int32Array(length + 1).fill(-1);
      const offer = (at: number, end: number, id: number, worth: number): void => {
        const sum = worth + score[at];
        if (start[end] >= 0 && !(sum > score[end])) return;
        score[end] = sum;
        start[end] = at;
        token[end] = id;
      };
      for (let at = 0; at < length;) {
        const next = at + (word.codePointAt(at)! > 0xffff ? 2 : 1);
        let single = false;
        for (let node = 0, end = at; end < length;) {
          node = trie.child(node, word.charCodeAt(end++));
          if (node < 0) break;
          const id = trie.value(node);
          if (id < 0 || (withoutSpecial && special.has(id))) continue;
          offer(at, end, id, scores[id]);
          single ||= end === next;
        }
        if (!single) offer(at, next, -1, lowest - UNKNOWN_PENALTY);
        at = next;
      }
      const found: number[] = [];
      for (let end = length; end > 0;) {
        let at = start[end];
        if (token[end] >= 0 && token[end] !== unkTokenId) {
          found.push(token[end]);
        } else {
          // Unknown characters in a row are one.
          while (at > 0 && (token[at] < 0 || token[at] === unkTokenId)) at = start[at];
          found.push(...unknown(word.slice(at, end), withoutSpecial).reverse());
        }
        end = at;
      }
      return found.reverse();
    },
  };
}

/** Tokens by their code units: children in one hash map, keyed by node and unit. */
class Trie {
  readonly #children = new Map<number, number>();
  readonly #values: number[] = [-1];

  constructor(tokens: readonly string[]) {
    tokens.forEach((token, id) => {
      let node = 0;
      for (let i = 0; i < token.length; i++) {
        const key = node * 0x10000 + token.charCodeAt(i);
        let child = this.#children.get(key);
        if (child === undefined) {
          child = this.#values.push(-1) - 1;
          this.#children.set(key, child);
        }
        node = child;
      }
      if (node > 0) this.#values[node] = id;
    });
  }

  /** The node behind `unit`, -1 for none. */
  child(node: number, unit: number): number {
    return this.#children.get(node * 0x10000 + unit) ?? -1;
  }

  /** Id of the token that ends at a node, -1 for none. */
  value(node: number): number {
    return this.#values[node];
  }
}
