// WordPiece (Wu et al. 2016, arXiv:1609.08144) as BERT encodes with it: the longest token that is a prefix of the word, then
// of the rest (continuation tokens carry a prefix, `##`). A word without such a decomposition is unknown.
import { show, type JsonFields } from '../json-fields.js';
import { Trie } from './trie.js';

/** Encodes single words. */
export interface WordModel {
  readonly vocab: ReadonlyMap<string, number>;
  readonly unkTokenId?: number;
  /** @param withoutSpecial special tokens do not occur in the result */
  encode(word: string, withoutSpecial: boolean): number[];
}

/**
 * @param special ids of the special tokens
 * @throws Error naming the wrong field
 */
export function parseWordPiece(model: JsonFields, special: ReadonlySet<number>): WordModel {
  const vocab = model.vocab('vocab');
  const trie = new Trie([...vocab.keys()], model.name('vocab'));
  const ids = [...vocab.values()];
  const unkToken = model.string('unk_token') ?? '[UNK]';
  const unkTokenId = vocab.get(unkToken);
  if (unkTokenId === undefined)
    throw new Error(`${model.name('unk_token')} ${show(unkToken)} is not in the vocabulary.`);
  const prefix = model.affix('continuing_subword_prefix') ?? '##';
  /** Node of the prefix; -1 when no token continues a word. */
  let continued = 0;
  for (let i = 0; i < prefix.length && continued >= 0; i++)
    continued = trie.child(continued, prefix.charCodeAt(i));
  const limitKey = 'max_input_chars_per_word';
  const maxLength = model.isNull(limitKey) ? 100 : model.id(limitKey);

  return {
    vocab,
    unkTokenId,
    encode(word, withoutSpecial) {
      if (word.length > 2 * maxLength || (word.length > maxLength && [...word].length > maxLength))
        return [unkTokenId];
      const found: number[] = [];
      for (let start = 0; start < word.length;) {
        let id = -1;
        let next = start;
        let node = start > 0 ? continued : 0;
        for (let end = start; node >= 0 && end < word.length;) {
          node = trie.child(node, word.charCodeAt(end++));
          const token = node < 0 ? -1 : trie.value(node);
          if (token < 0) continue;
          const tokenId = ids[token];
          if (withoutSpecial && special.has(tokenId)) continue;
          id = tokenId;
          next = end;
        }
        if (id < 0) return [unkTokenId];
        found.push(id);
        start = next;
      }
      return found;
    },
  };
}
