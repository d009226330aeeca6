// WordPiece (Wu et al. 2016, arXiv:1609.08144, as BERT encodes with it): the longest token that a word begins with,
// then the longest that its rest begins with, those marked with a prefix; a word that does not come out even is unknown.
import { expectId, expectRecord, expectText, where } from './json-checks.js';

/** Words to ids. `special` ids can be kept out where a user's text must not form them. */
export interface WordModel {
  /** Tokens by id; holes where an id has none. */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  readonly unkTokenId?: number;
  encode(word: string, withoutSpecial: boolean): number[];
}

/**
 * @param special Ids that `withoutSpecial` keeps out.
 * @throws Error naming what is wrong with the JSON.
 */
export function parseWordPiece(model: Record<string, unknown>, special: ReadonlySet<number>): WordModel {
  const ids = new Map<string, number>();
  const tokens: (string | undefined)[] = [];
  const limit =
    4 * Object.keys(expectRecord(model.vocab, 'tokenizer.json: "model.vocab"')).length + 1_000_000;
  let longest = 0;
  for (const [token, json] of Object.entries(model.vocab as Record<string, unknown>)) {
    const id = expectId(json, `tokenizer.json: "model.vocab", id of ${where(token)}`);
    if (id > limit) throw new Error(`tokenizer.json: id ${id} of ${where(token)} is far beyond its tokens`);
    if (tokens[id] !== undefined) {
      throw new Error(`tokenizer.json: ${where(tokens[id])} and ${where(token)} have the same id ${id}`);
    }
    ids.set(token, id);
    tokens[id] = token;
    longest = Math.max(longest, token.length);
  }
  const unkToken = expectText(model.unk_token, 'tokenizer.json: "model.unk_token"') ?? '[UNK]';
  const unkTokenId = ids.get(unkToken);
  if (unkTokenId === undefined) {
    throw new Error(`tokenizer.json: "model.unk_token" ${where(unkToken)} is not in the vocabulary`);
  }
  const prefix =
    expectText(model.continuing_subword_prefix, 'tokenizer.json: "model.continuing_subword_prefix"') ?? '##';
  const most = expectId(
    model.max_input_chars_per_word ?? 100,
    'tokenizer.json: "model.max_input_chars_per_word"',
  );

  return {
    tokens,
    ids,
    unkTokenId,
    encode(word, withoutSpecial) {
      if (word.length > most && [...word].length > most) return [unkTokenId];
      const found: number[] = [];
      for (let start = 0; start < word.length;) {
        const before = start > 0 ? prefix : '';
        let end = Math.min(word.length, start + longest - before.length);
        let id: number | undefined;
        for (; end > start; end--) {
          id = ids.get(before + word.slice(start, end));
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
