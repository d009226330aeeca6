// Tokens that are matched in the text before it is split into words, such as <|endoftext|>. Matching is Hugging Face's:
// leftmost, then longest; tokens with "normalized": false first, the others in the remaining text.
import { show, type JsonFields } from '../json-fields.js';
import { Trie } from '../models/trie.js';
import { classAt, classBefore, SPACE, WORD } from './unicode.js';

/** An entry of "added_tokens" in a `tokenizer.json`. */
export interface AddedToken {
  id: number;
  content: string;
  /** Matches only without word characters beside it. */
  singleWord: boolean;
  /** Includes the white space before it. */
  lstrip: boolean;
  /** Includes the white space after it. */
  rstrip: boolean;
  /** Matched after the others, in the normalized text. */
  normalized: boolean;
  /** Omitted by `skipSpecialTokens`, ordinary characters under `splitSpecialTokens`. */
  special: boolean;
}

/** A range of a text: an added token, or plain text (id -1). */
interface Segment {
  from: number;
  to: number;
  id: number;
}

/** Usual names of end-of-text and padding tokens, for tokenizers that do not say theirs. */
const NAMES = {
  eos: ['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '[EOS]', '<|im_end|>'],
  pad: ['[PAD]', '<pad>', '<|pad|>', '<|padding|>'],
};

/** A special token that includes no white space and is matched before normalization. */
export function specialToken(id: number, content: string): AddedToken {
  return {
    id,
    content,
    singleWord: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
}

/** @throws Error naming the wrong field */
export function parseAddedTokens(file: JsonFields): AddedToken[] {
  if (file.isNull('added_tokens')) return [];
  return file.objects('added_tokens').map((token) => {
    const special = token.boolean('special', false);
    return {
      id: token.id('id'),
      content: token.string('content') || token.fail('content', 'a non-empty string'),
      singleWord: token.boolean('single_word', false),
      lstrip: token.boolean('lstrip', false),
      rstrip: token.boolean('rstrip', false),
      normalized: token.boolean('normalized', !special),
      special,
    };
  });
}

export function addedTokenToJSON(token: AddedToken): Record<string, unknown> {
  const { id, content, singleWord, ...flags } = token;
  return { id, content, single_word: singleWord, ...flags };
}

/**
 * Checks that ids and tokens are one to one.
 *
 * @returns all tokens by id
 * @throws Error naming the tokens that conflict, or an id far above the number of tokens
 */
export function checkIds(
  vocab: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
): ReadonlyMap<number, string> {
  const tokens = new Map<number, string>();
  for (const [token, id] of vocab) {
    if (tokens.has(id))
      throw new Error(`tokenizer.json: ${show(tokens.get(id))} and ${show(token)} have the same id ${id}.`);
    tokens.set(id, token);
  }
  const contents = new Set<string>();
  const fail = (content: string, problem: string): never => {
    throw new Error(`tokenizer.json: added token ${show(content)} ${problem}.`);
  };
  for (const { id, content } of addedTokens) {
    if (contents.has(content)) fail(content, 'is a duplicate');
    contents.add(content);
    const other = tokens.get(id);
    if (other !== undefined && other !== content) fail(content, `has the id ${id} of ${show(other)}`);
    const known = vocab.get(content);
    if (known !== undefined && known !== id) fail(content, `has id ${id}, but ${known} in the vocabulary`);
    tokens.set(id, content);
  }
  // Ids index arrays: a hostile file must not allocate gigabytes.
  const limit = 4 * tokens.size + 1_000_000;
  for (const [id, token] of tokens) {
    if (id > limit)
      throw new Error(
        `tokenizer.json: id ${id} of ${show(token)} is too large for ${tokens.size} tokens. Expected at most ${limit}.`,
      );
  }
  return tokens;
}

/** The special token that a tokenizer has for a role when it names none. */
export function usualToken(list: readonly AddedToken[], role: keyof typeof NAMES): AddedToken | undefined {
  return NAMES[role]
    .map((name) => list.find(({ content }) => content === name))
    .find((token) => token?.special);
}

/** @throws Error that says how a tokenizer gets an end-of-text token */
export function failWithoutEos(): never {
  throw new Error(
    `addEos: the tokenizer has no end-of-text token. Expected one of ${NAMES.eos.join(', ')} among its special tokens, ` +
      'or another that was named as eosToken.',
  );
}

/**
 * The name of an end-of-text or padding token as a `tokenizer.json` has it beside "unk_token", a field of our own.
 *
 * @throws Error when the vocabulary lacks it
 */
export function parseNamedToken(
  model: JsonFields,
  key: string,
  vocab: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
): string | null {
  const name = model.string(key);
  if (name === null || vocab.has(name) || addedTokens.some(({ content }) => content === name)) return name;
  throw new Error(`${model.name(key)} ${show(name)} is not in the vocabulary. Expected one of its tokens.`);
}

export class AddedTokens {
  /** Ids of the special tokens with usual names. */
  readonly padTokenId?: number;
  readonly eosTokenId?: number;
  readonly list: readonly AddedToken[];
  readonly byId: ReadonlyMap<number, AddedToken>;
  readonly byContent: ReadonlyMap<string, AddedToken>;
  /** Tokens that are matched in normalized text, with normalized contents. */
  readonly normalized: readonly AddedToken[];
  readonly #raw: Matcher;
  readonly #inNormalized: Matcher;

  /** @param normalize applied to the contents of tokens that are matched in normalized text */
  constructor(list: readonly AddedToken[], normalize: (text: string) => string = (text) => text) {
    this.list = list.filter((token) => token.content !== '');
    this.byId = new Map(this.list.map((token) => [token.id, token]));
    this.byContent = new Map(this.list.map((token) => [token.content, token]));
    this.#raw = new Matcher(this.list.filter((token) => !token.normalized));
    this.normalized = this.list
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize(token.content) }))
      .filter((token) => token.content !== '');
    this.#inNormalized = new Matcher(this.normalized);
    this.padTokenId = usualToken(this.list, 'pad')?.id;
    this.eosTokenId = usualToken(this.list, 'eos')?.id;
  }

  /** Tokens that are matched before normalization, and the text between them, in order. */
  splitRaw(text: string, parseSpecial: boolean): Segment[] {
    return this.#raw.find(text, 0, text.length, parseSpecial);
  }

  /** Tokens that are matched in normalized text, and the text between them, in order. */
  splitNormalized(text: string, parseSpecial: boolean): Segment[] {
    return this.#inNormalized.find(text, 0, text.length, parseSpecial);
  }

  /** All added tokens and the text between them, in order, for tokenizers without a normalizer. */
  split(text: string, parseSpecial: boolean): Segment[] {
    const segments = this.splitRaw(text, parseSpecial);
    if (this.normalized.length === 0) return segments;
    return segments.flatMap((segment) =>
      segment.id < 0 ? this.#inNormalized.find(text, segment.from, segment.to, parseSpecial) : segment,
    );
  }

  /** Whether every token that is matched in normalized text stays within a word. */
  get normalizedStayInWords(): boolean {
    return this.normalized.every(
      (token) =>
        !token.lstrip && !token.rstrip && !token.singleWord && !/\p{White_Space}/u.test(token.content),
    );
  }

  /**
   * Whether splitting at `at` preserves the matches in every text that starts with `text`: no added token crosses `at`,
   * includes white space from the other side, or depends on a character there.
   */
  canSplit(text: string, at: number): boolean {
    for (const token of this.list) {
      const { content } = token;
      for (let start = Math.max(0, at - content.length + 1); start < at; start++) {
        if (mayStartAt(text, start, content)) return false;
      }
      if (token.singleWord && (mayStartAt(text, at, content) || text.endsWith(content, at))) return false;
      if (token.lstrip && classBefore(text, at) & SPACE) return false;
      if (token.rstrip && (at >= text.length || classAt(text, at, text.length) & SPACE)) return false;
    }
    return true;
  }

  /** Whether an added token is certain to begin or end at `at`, where `canSplit` holds. */
  hasBorder(text: string, at: number, parseSpecial: boolean): boolean {
    return this.list.some(({ content, normalized, singleWord, special }) => {
      if (normalized || singleWord || (special && !parseSpecial)) return false;
      return [at, at - content.length].some(
        (start) =>
          start >= 0 &&
          text.startsWith(content, start) &&
          (start === at || start === 0 || this.canSplit(text, start)) &&
          !this.list.some(
            (other) => other.content.length > content.length && mayStartAt(text, start, other.content),
          ),
      );
    });
  }
}

/** Whether `content` is at `at`, or could be in a longer text. */
function mayStartAt(text: string, at: number, content: string): boolean {
  if (at >= text.length) return true;
  if (text.charCodeAt(at) !== content.charCodeAt(0)) return false;
  return at + content.length <= text.length
    ? text.startsWith(content, at)
    : content.startsWith(text.slice(at));
}

/** Finds added tokens: leftmost, then longest. */
class Matcher {
  readonly #tokens: readonly AddedToken[];
  readonly #trie: Trie;
  /** By code unit: whether a token starts with it. */
  readonly #starts = new Uint8Array(0x10000);
  /** The only code unit that tokens start with. */
  readonly #first?: string;

  constructor(tokens: readonly AddedToken[]) {
    const contents = tokens.map(({ content }) => content);
    this.#tokens = tokens;
    this.#trie = new Trie(contents, 'tokenizer.json: "added_tokens"');
    for (const content of contents) this.#starts[content.charCodeAt(0)] = 1;
    const firsts = new Set(contents.map((content) => content[0]));
    if (firsts.size === 1) [this.#first] = firsts;
  }

  /** The tokens in text[first..last) and the text between them, in order. */
  find(text: string, first: number, last: number, parseSpecial: boolean): Segment[] {
    const piece = text.slice(first, last);
    const found: Segment[] = [];
    let done = 0;
    for (let at = 0; (at = this.#nextStart(piece, at)) < piece.length;) {
      const token = this.#longestAt(piece, at);
      if (token === undefined) {
        at++;
        continue;
      }
      let from = at;
      let to = from + token.content.length;
      at = to;
      if (token.special && !parseSpecial) continue;
      if (token.singleWord) {
        if (from > 0 && classBefore(piece, from) & WORD) continue;
        if (to < piece.length && classAt(piece, to, piece.length) & WORD) continue;
      }
      if (token.lstrip) while (from > done && classBefore(piece, from) & SPACE) from--;
      if (token.rstrip) while (to < piece.length && classAt(piece, to, piece.length) & SPACE) to++;
      if (done < from) found.push({ from: first + done, to: first + from, id: -1 });
      found.push({ from: first + from, to: first + to, id: token.id });
      done = to;
    }
    if (done < piece.length) found.push({ from: first + done, to: last, id: -1 });
    return found;
  }

  /** The first position from `at` on where a token may start, or the length of the text. */
  #nextStart(text: string, at: number): number {
    if (this.#tokens.length === 0) return text.length;
    if (this.#first !== undefined) {
      const found = text.indexOf(this.#first, at);
      return found < 0 ? text.length : found;
    }
    const starts = this.#starts;
    while (at < text.length && starts[text.charCodeAt(at)] === 0) at++;
    return at;
  }

  #longestAt(text: string, at: number): AddedToken | undefined {
    let longest = -1;
    for (let node = 0; at < text.length;) {
      node = this.#trie.child(node, text.charCodeAt(at++));
      if (node < 0) break;
      const token = this.#trie.value(node);
      if (token >= 0) longest = token;
    }
    return longest < 0 ? undefined : this.#tokens[longest];
  }
}
