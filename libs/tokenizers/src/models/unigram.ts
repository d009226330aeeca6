// Unigram (Kudo 2018, arXiv:1804.10959) as SentencePiece and T5 encode with it: the segmentation of a word into tokens with
// the largest sum of log probabilities, found by the Viterbi algorithm. Training is not supported.
import { byteFallbackTokens } from '../bpe/byte-level.js';
import { show, type JsonFields } from '../json-fields.js';
import { Trie } from './trie.js';
import type { WordModel } from './wordpiece.js';

/** Log probability of an unknown character, relative to the least probable token. */
const UNKNOWN_PENALTY = 10;

/**
 * @param special ids of the special tokens
 * @throws Error naming the wrong field
 */
export function parseUnigram(model: JsonFields, special: ReadonlySet<number>): WordModel {
  const logProbs: number[] = [];
  const vocab = new Map<string, number>();
  model.array('vocab').forEach((entry, id) => {
    const [token, logProb]: unknown[] = Array.isArray(entry) ? entry : [];
    if (typeof token !== 'string' || typeof logProb !== 'number')
      throw new Error(`${model.name(`vocab[${id}]`)} is ${show(entry)}. Expected ["token", score].`);
    if (vocab.has(token)) throw new Error(`${model.name('vocab')}: duplicate ${show(token)}.`);
    vocab.set(token, id);
    logProbs.push(logProb);
  });
  const unkTokenId = model.isNull('unk_id') ? undefined : model.id('unk_id');
  if (unkTokenId !== undefined && unkTokenId >= vocab.size) model.fail('unk_id', `less than ${vocab.size}`);
  const byteFallback = model.boolean('byte_fallback', false);
  const lowest = logProbs.reduce((least, logProb) => Math.min(least, logProb), Infinity);
  const trie = new Trie([...vocab.keys()], model.name('vocab'));

  /** Ids of characters that no token covers: their bytes, or the unknown token. */
  const unknown = (piece: string, withoutSpecial: boolean): number[] => {
    const known = vocab.get(piece);
    if (known !== undefined && !(withoutSpecial && special.has(known))) return [known];
    const bytes = byteFallback ? byteFallbackTokens(piece).map((name) => vocab.get(name)) : [undefined];
    if (bytes.every((id) => id !== undefined)) return bytes;
    if (unkTokenId !== undefined) return [unkTokenId];
    throw new Error(
      `encode: unknown character in ${JSON.stringify(piece)}, and the tokenizer has no token for unknown characters.`,
    );
  };

  return {
    vocab,
    unkTokenId,
    encode(word, withoutSpecial) {
      const { length } = word;
      // Best path to each position: its score, where its last token starts (-1: none yet), and its id (-1: unknown).
      const score = new Float64Array(length + 1);
      const start = new Int32Array(length + 1).fill(-1);
      const token = new Int32Array(length + 1).fill(-1);
      const offer = (at: number, end: number, id: number, logProb: number): void => {
        const sum = logProb + score[at];
        if (start[end] >= 0 && !(sum > score[end])) return;
        score[end] = sum;
        start[end] = at;
        token[end] = id;
      };
      for (let at = 0; at < length;) {
        const next = at + (word.codePointAt(at)! > 0xffff ? 2 : 1);
        let hasSingle = false;
        for (let node = 0, end = at; end < length;) {
          node = trie.child(node, word.charCodeAt(end++));
          if (node < 0) break;
          const id = trie.value(node);
          if (id < 0 || (withoutSpecial && special.has(id))) continue;
          offer(at, end, id, logProbs[id]);
          hasSingle ||= end === next;
        }
        if (!hasSingle) offer(at, next, -1, lowest - UNKNOWN_PENALTY);
        at = next;
      }
      const found: number[] = [];
      for (let end = length; end > 0;) {
        let at = start[end];
        if (token[end] >= 0 && token[end] !== unkTokenId) {
          found.push(token[end]);
        } else {
          // Consecutive unknown characters are one.
          while (at > 0 && (token[at] < 0 || token[at] === unkTokenId)) at = start[at];
          found.push(...unknown(word.slice(at, end), withoutSpecial).reverse());
        }
        end = at;
      }
      return found.reverse();
    },
  };
}
