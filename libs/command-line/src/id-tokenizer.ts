// The tokenizer of models without one: texts are ids, written as numbers.
import type { DecodeStream, Tokenizer } from '@lilformer/tokenizers';

/** Encodes `5 17 42` as the ids 5, 17 and 42. */
export class IdTokenizer implements Tokenizer {
  /** @param vocabSize that of the model */
  constructor(
    readonly vocabSize: number,
    readonly eosTokenId?: number,
  ) {}

  /** @throws Error when a word is not an id */
  encode(text: string): Uint32Array {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const ids = words.map((word) => this.tokenToId(word));
    const unknown = ids.indexOf(undefined);
    if (unknown < 0) return Uint32Array.from(ids as number[]);
    throw new Error(
      `${JSON.stringify(words[unknown])}: the model has no tokenizer, so its texts are ids. ` +
        `Expected numbers from 0 to ${this.vocabSize - 1} such as "5 17 42", or --tokenizer FILE.`,
    );
  }

  decode(ids: Iterable<number>): string {
    return [...ids].join(' ');
  }

  decodeStream(): DecodeStream {
    let first = true;
    return {
      push(id) {
        const text = first ? String(id) : ` ${id}`;
        first = false;
        return text;
      },
      flush: () => '',
    };
  }

  tokenToId(token: string): number | undefined {
    const id = /^\d+$/.test(token) ? Number(token) : NaN;
    return id < this.vocabSize ? id : undefined;
  }

  idToToken(id: number): string | undefined {
    return Number.isInteger(id) && id >= 0 && id < this.vocabSize ? String(id) : undefined;
  }

  safeSplitPoint(text: string, near: number): number {
    for (let p = Math.min(near, text.length - 1); p > 0; p--) if (/\s/.test(text[p])) return p;
    return 0;
  }

  toJSON(): Record<string, unknown> {
    throw new Error('a tokenizer of ids cannot be saved');
  }
}
