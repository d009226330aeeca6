// Tokens that are found in a text before its words are, such as <|endoftext|>. Matching is that of Hugging Face:
// leftmost, then longest; tokens with "normalized": false first, the others in what those leave.
import type { DecodeOptions } from './tokenizer.js';
import { classAt, classBefore, SPACE, WORD } from './unicode.js';

/** An entry of "added_tokens" in a `tokenizer.json`. */
export interface AddedToken {
  id: number;
  content: string;
  /** Only where no word character touches it. */
  singleWord: boolean;
  /** White space before it belongs to it. */
  lstrip: boolean;
  /** White space after it belongs to it. */
  rstrip: boolean;
  /** Looked for after the others, in the normalized text. */
  normalized: boolean;
  /** Left out in decoding, and plain text under `splitSpecialTokens: true`. */
  special: boolean;
}

/** A stretch of a text: an added token, or plain text (id -1). */
interface Segment {
  from: number;
  to: number;
  id: number;
}

const EOS_NAMES = ['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '[EOS]', '<|im_end|>'];
const PAD_NAMES = ['[PAD]', '<pad>', '<|pad|>', '<|padding|>'];

export class AddedTokens {
  readonly padTokenId?: number;
  readonly eosTokenId?: number;
  readonly list: readonly AddedToken[];
  readonly byId: ReadonlyMap<number, AddedToken>;
  readonly byContent: ReadonlyMap<string, AddedToken>;
  readonly #first: readonly AddedToken[];
  readonly #second: readonly AddedToken[];

  /** @param normalize Applied to the contents of those that are looked for in normalized text. */
  constructor(list: readonly AddedToken[], normalize: (text: string) => string = (text) => text) {
    this.list = list.filter((token) => token.content !== '');
    this.byId = new Map(this.list.map((token) => [token.id, token]));
    this.byContent = new Map(this.list.map((token) => [token.content, token]));
    this.#first = this.list.filter((token) => !token.normalized);
    this.#second = this.list
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize(token.content) }))
      .filter((token) => token.content !== '');
    const special = (names: string[]): number | undefined =>
      names.map((name) => this.byContent.get(name)).find((token) => token?.special)?.id;
    this.padTokenId = special(PAD_NAMES);
    this.eosTokenId = special(EOS_NAMES);
  }

  /**
   * The token of `tokens` to decode for an id, undefined for one to leave out.
   * @throws RangeError when there is no such id
   */
  decodable(
    tokens: readonly (string | undefined)[],
    id: number,
    { skipSpecialTokens = true }: DecodeOptions,
  ): string | undefined {
    const token = tokens[id];
    if (token === undefined && !(Number.isInteger(id) && id >= 0 && id < tokens.length)) {
      throw new RangeError(`decode: id ${id} given, expected a whole number from 0 to ${tokens.length - 1}`);
    }
    return skipSpecialTokens && this.byId.get(id)?.special ? undefined : token;
  }

  /** @throws Error when there is no special token for the end of a text. */
  requireEos(): number {
    if (this.eosTokenId !== undefined) return this.eosTokenId;
    throw new Error(
      `addEos: the tokenizer has no special token for the end of a text (${EOS_NAMES.join(', ')})`,
    );
  }

  /** Tokens that are looked for before a text is normalized, and the text between them, in order. */
  splitGiven(text: string, parseSpecial: boolean): Segment[] {
    return find(text, { from: 0, to: text.length, id: -1 }, this.#first, parseSpecial);
  }

  /** The other tokens, and the text between them. */
  splitNormalized(text: string, parseSpecial: boolean): Segment[] {
    return find(text, { from: 0, to: text.length, id: -1 }, this.#second, parseSpecial);
  }

  /** Whether no token that is looked for in normalized text can reach across white space, or take it. */
  get normalizedStayInWords(): boolean {
    return this.#second.every(
      (token) =>
        !token.lstrip && !token.rstrip && !token.singleWord && !/\p{White_Space}/u.test(token.content),
    );
  }

  /** Added tokens and the text between them, in order, where nothing is normalized. */
  split(text: string, parseSpecial: boolean): Segment[] {
    const segments = this.splitGiven(text, parseSpecial);
    if (this.#second.length === 0) return segments;
    return segments.flatMap((segment) =>
      segment.id < 0 ? find(text, segment, this.#second, parseSpecial) : segment,
    );
  }

  /**
   * Whether cutting at `at` leaves the matching of every text that starts with `text` as it is: no added token lies
   * across the cut, and none takes white space from the other side or looks at a character there.
   */
  allowsCut(text: string, at: number): boolean {
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

  /** Whether an added token surely begins or ends at `at`, where `allowsCut` holds. */
  surelyBorders(text: string, at: number, parseSpecial: boolean): boolean {
    return this.list.some((token) => {
      const { content } = token;
      if (token.normalized || token.singleWord || (token.special && !parseSpecial)) return false;
      const starts = [at, at - content.length];
      return starts.some(
        (start) =>
          start >= 0 &&
          text.startsWith(content, start) &&
          (start === at || start === 0 || this.allowsCut(text, start)) &&
          !this.list.some(
            (other) => other.content.length > content.length && mayStartAt(text, start, other.content),
          ),
      );
    });
  }
}

/** Whether `content` stands at `at`, or could, if the text went on. */
function mayStartAt(text: string, at: number, content: string): boolean {
  if (at >= text.length) return true;
  if (text.charCodeAt(at) !== content.charCodeAt(0)) return false;
  return at + content.length <= text.length
    ? text.startsWith(content, at)
    : content.startsWith(text.slice(at));
}

function find(
  text: string,
  segment: Segment,
  tokens: readonly AddedToken[],
  parseSpecial: boolean,
): Segment[] {
  const piece =
    segment.from === 0 && segment.to === text.length ? text : text.slice(segment.from, segment.to);
  const shift = segment.from;
  const found: Segment[] = [];
  /** Where each token comes next; -1 for nowhere. */
  const next = tokens.map((token) => piece.indexOf(token.content));
  let done = 0;
  for (;;) {
    let best = -1;
    for (let i = 0; i < tokens.length; i++) {
      if (next[i] < 0) continue;
      const sooner = best < 0 || next[i] < next[best];
      if (sooner || (next[i] === next[best] && tokens[i].content.length > tokens[best].content.length))
        best = i;
    }
    if (best < 0) break;
    const token = tokens[best];
    let from = next[best];
    let to = from + token.content.length;
    for (let i = 0; i < tokens.length; i++) {
      if (next[i] >= 0 && next[i] < to) next[i] = piece.indexOf(tokens[i].content, to);
    }
    if (token.special && !parseSpecial) continue;
    if (token.singleWord) {
      const touched =
        (from > 0 && classBefore(piece, from) & WORD) ||
        (to < piece.length && classAt(piece, to, piece.length) & WORD);
      if (touched) continue;
    }
    if (token.lstrip) {
      while (from > done && classBefore(piece, from) & SPACE) from--;
    }
    if (token.rstrip) {
      while (to < piece.length && classAt(piece, to, piece.length) & SPACE) to++;
    }
    if (done < from) found.push({ from: shift + done, to: shift + from, id: -1 });
    found.push({ from: shift + from, to: shift + to, id: token.id });
    done = to;
  }
  if (done < piece.length) found.push({ from: shift + done, to: segment.to, id: -1 });
  return found;
}
