// WordPiece (Wu et al. 2016, arXiv:1609.08144) as BERT encodes with it: the longest token that is a prefix of the word, then
// of the rest (continuation tokens carry a prefix, `##`). A word without such a decomposition is unknown.
import { show, type JsonFields } from '../json-fields.js';

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
  const longest = [...vocab.keys()].reduce((length, token) => Math.max(length, token.length), 0);
  const unkToken = model.string('unk_token') ?? '[UNK]';
  const unkTokenId = vocab.get(unkToken);
  if (unkTokenId === undefined)
    throw new Error(`${model.name('unk_token')} ${show(unkToken)} is not in the vocabulary.`);
  const prefix = model.affix('continuing_subword_prefix') ?? '##';
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
        const before = start > 0 ? prefix : '';
        let end = Math.min(word.length, start + longest - before.length);
        let id: number | undefined;
        for (; end > start; end--) {
          id = vocab.get(before + word.slice(start, end));
          if (id !== undefined && !(withoutSpecial && special.has(id))) break;
          id = undefined;
        }
        if (id === undefined) return [unkTokenId];
        found.push(id);
        start = end;
      }
      return found;
    },
  };
}
