// Compact GPT-2: the most frequent tokens of a large vocabulary under ids of their own, the others unknown. A model for
// small stories then needs 4,096 rows of embedding instead of 50,257.
// How the table is chosen is compact-builder.ts.
import { BpeTokenizer } from './bpe.js';
import { gpt2Tokenizer } from './gpt2.js';
import { expectId, expectRecord, where } from './json-checks.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';

const PAD = 0;
const UNK = 1;
const EOS = 2;
/** The first id that a token of the base may have. */
export const FIRST = 3;

const RESERVED = ['<pad>', '<unk>', '<eos>'];

/** What became unknown in a text. */
export interface UnknownCounts {
  tokens: number;
  unknown: number;
  /** `unknown / tokens`, 0 for no tokens. */
  share: number;
}

/**
 * A base tokenizer, GPT-2's unless another is given, with its ids mapped to a small range: pad 0, unknown 1, end of
 * text 2, then the tokens that were kept. The base's end-of-text token is 2.
 */
export class CompactTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly padTokenId = PAD;
  readonly unkTokenId = UNK;
  readonly eosTokenId = EOS;
  readonly #toBase: ReadonlyMap<number, number>;
  readonly #fromBase: ReadonlyMap<number, number>;
  readonly #givenBase: BpeTokenizer | undefined;
  /** Compact id by base id; 0 for none, because no token of the base becomes the pad. */
  #table: Uint32Array | undefined;

  /**
   * @param table Compact id of each base id that is kept, from 3 to vocabSize - 1.
   * @param base Default: GPT-2, loaded when it is first needed.
   */
  constructor(
    vocabSize: number,
    table: ReadonlyMap<number, number>,
    base?: BpeTokenizer,
    back?: ReadonlyMap<number, number>,
  ) {
    if (!Number.isInteger(vocabSize) || vocabSize < FIRST) {
      throw new Error(
        `vocabSize ${vocabSize}: expected a whole number of at least ${FIRST} (pad, unknown, end of text)`,
      );
    }
    for (const [baseId, id] of table) {
      if (!(
        Number.isInteger(id) &&
        id >= FIRST &&
        id < vocabSize &&
        Number.isInteger(baseId) &&
        baseId >= 0
      )) {
        throw new Error(
          `compact table: base id ${baseId} maps to ${id}, expected a whole number from ${FIRST} to ${vocabSize - 1}`,
        );
      }
    }
    const taken = new Map<number, number>();
    for (const [baseId, id] of table) {
      if (taken.has(id))
        throw new Error(`compact table: base ids ${taken.get(id)} and ${baseId} both map to ${id}`);
      taken.set(id, baseId);
    }
    this.vocabSize = vocabSize;
    this.#fromBase = new Map(table);
    this.#toBase = new Map(back ?? Array.from(table, ([baseId, id]) => [id, baseId]));
    this.#givenBase = base;
  }

  /** The tokenizer whose ids are mapped. */
  get base(): BpeTokenizer {
    return this.#givenBase ?? gpt2Tokenizer();
  }

  /** How many tokens of the base are kept. */
  get keptCount(): number {
    return this.#fromBase.size;
  }

  /**
   * Reads a table as it is: `vocab_size`, `gpt2_to_compact`, `compact_to_gpt2`, keys being numbers in decimal.
   *
   * @param base Overrules the base in the JSON; without either it is GPT-2.
   * @throws Error naming the entry that is wrong.
   */
  static fromJSON(json: unknown, base?: BpeTokenizer): CompactTokenizer {
    const name = 'compact tokenizer';
    const record = expectRecord(json, name);
    const vocabSize = expectId(record.vocab_size, `${name}: "vocab_size"`);
    const table = readTable(record.gpt2_to_compact, `${name}: "gpt2_to_compact"`);
    const back =
      record.compact_to_gpt2 === undefined
        ? undefined
        : readTable(record.compact_to_gpt2, `${name}: "compact_to_gpt2"`);
    for (const [id, baseId] of back ?? []) {
      const there = table.get(baseId);
      if (there !== id) {
        throw new Error(
          `${name}: "compact_to_gpt2" takes ${id} to ${baseId}, but "gpt2_to_compact" takes ${baseId} to ${where(there)}`,
        );
      }
    }
    const other =
      record.base === undefined || record.base === null ? undefined : BpeTokenizer.fromJSON(record.base);
    return new CompactTokenizer(vocabSize, table, base ?? other, back);
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    const ids = this.base.encode(text, { splitSpecialTokens: options.splitSpecialTokens });
    const table = this.#lookup();
    const out = options.addEos ? new Uint32Array(ids.length + 1) : ids;
    for (let i = 0; i < ids.length; i++) out[i] = table[ids[i]] || UNK;
    if (options.addEos) out[ids.length] = EOS;
    return out;
  }

  /** Pad, unknown, end of text and ids without a token vanish; so do the words that became unknown. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const kept: number[] = [];
    for (const id of ids) {
      const baseId = this.#toBase.get(id);
      if (baseId !== undefined) kept.push(baseId);
    }
    return this.base.decode(kept, options);
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    const stream = this.base.decodeStream(options);
    return {
      push: (id) => {
        const baseId = this.#toBase.get(id);
        return baseId === undefined ? '' : stream.push(baseId);
      },
      flush: () => stream.flush(),
    };
  }

  /** What of a text the table does not have. */
  countUnknown(text: string, options: Pick<EncodeOptions, 'splitSpecialTokens'> = {}): UnknownCounts {
    const ids = this.encode(text, options);
    let unknown = 0;
    for (const id of ids) if (id === UNK) unknown++;
    return { tokens: ids.length, unknown, share: ids.length === 0 ? 0 : unknown / ids.length };
  }

  /** Tokens of the base by their names there; `<pad>`, `<unk>`, `<eos>` for the reserved ids. */
  tokenToId(token: string): number | undefined {
    const baseId = this.base.tokenToId(token);
    if (baseId !== undefined) return this.#lookup()[baseId] || undefined;
    const reserved = RESERVED.indexOf(token);
    return reserved < 0 ? undefined : reserved;
  }

  idToToken(id: number): string | undefined {
    const baseId = this.#toBase.get(id);
    return baseId === undefined ? RESERVED[id] : this.base.idToToken(baseId);
  }

  safeSplitPoint(
    text: string,
    near: number,
    options: Pick<EncodeOptions, 'splitSpecialTokens'> = {},
  ): number {
    return this.base.safeSplitPoint(text, near, options);
  }

  /** The table; with the base under "base" when it is not GPT-2. */
  toJSON(): Record<string, unknown> {
    return {
      vocab_size: this.vocabSize,
      gpt2_to_compact: Object.fromEntries(this.#fromBase),
      compact_to_gpt2: Object.fromEntries(this.#toBase),
      ...(this.#givenBase && { base: this.#givenBase.toJSON() }),
    };
  }

  #lookup(): Uint32Array {
    if (this.#table === undefined) {
      const { base } = this;
      this.#table = new Uint32Array(base.vocabSize);
      if (base.eosTokenId !== undefined) this.#table[base.eosTokenId] = EOS;
      for (const [baseId, id] of this.#fromBase) {
        if (baseId >= base.vocabSize) {
          throw new Error(
            `compact table: base id ${baseId} is not in the base, which has ${base.vocabSize} ids`,
          );
        }
        this.#table[baseId] = id;
      }
    }
    return this.#table;
  }
}

function readTable(value: unknown, name: string): Map<number, number> {
  const table = new Map<number, number>();
  for (const [key, id] of Object.entries(expectRecord(value, name))) {
    if (!/^(0|[1-9]\d{0,8})$/.test(key))
      throw new Error(`${name}: key ${where(key)}, expected a whole number of at least 0`);
    table.set(Number(key), expectId(id, `${name}, entry ${key}`));
  }
  return table;
}
