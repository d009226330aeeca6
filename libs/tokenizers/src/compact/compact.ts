// Compact GPT-2: the most frequent tokens of a large vocabulary with ids of their own, all others unknown. A model of short
// stories then needs an embedding of 4,096 rows instead of 50,257. compact-builder.ts selects the tokens.
import { BpeTokenizer } from '../bpe/bpe.js';
import { gpt2Tokenizer } from '../bpe/gpt2.js';
import { isId, JsonFields, show } from '../json-fields.js';
import { checkEncodeOptions } from '../option-names.js';
import type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from '../tokenizer.js';

const RESERVED = ['<pad>', '<unk>', '<eos>'];
const [PAD, UNK, EOS] = [0, 1, 2];
/** The first id of a base token. */
const FIRST = RESERVED.length;

export interface UnknownCounts {
  tokens: number;
  unknown: number;
  /** `unknown / tokens`; 0 without tokens. */
  share: number;
}

export function unknownCounts(tokens: number, unknown: number): UnknownCounts {
  return { tokens, unknown, share: tokens === 0 ? 0 : unknown / tokens };
}

/**
 * Maps the ids of a base tokenizer (default GPT-2) to a small range: 0 padding, 1 unknown, 2 end of text (also the base's
 * end-of-text token), then the kept tokens.
 */
export class CompactTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly padTokenId = PAD;
  readonly unkTokenId = UNK;
  readonly eosTokenId = EOS;
  readonly #toBase = new Map<number, number>();
  readonly #fromBase: ReadonlyMap<number, number>;
  readonly #ownBase: BpeTokenizer | undefined;
  /** Compact id by base id; 0 for none, since no base token maps to padding. */
  #table: Uint32Array | undefined;

  /**
   * @param table compact id of each kept base id, from 3 to vocabSize - 1
   * @param base default: GPT-2, loaded when first needed
   * @throws Error for a vocabulary size below 3, and for ids that are out of range or used twice
   */
  constructor(vocabSize: number, table: ReadonlyMap<number, number>, base?: BpeTokenizer) {
    checkVocabSize(vocabSize);
    for (const [baseId, id] of table) {
      if (!isId(baseId) || !Number.isInteger(id) || id < FIRST || id >= vocabSize) {
        throw new Error(
          `compact table: base id ${baseId} maps to ${id}. Expected an integer from ${FIRST} to ${vocabSize - 1}.`,
        );
      }
      if (this.#toBase.has(id))
        throw new Error(`compact table: base ids ${this.#toBase.get(id)} and ${baseId} both map to ${id}.`);
      this.#toBase.set(id, baseId);
    }
    this.vocabSize = vocabSize;
    this.#fromBase = new Map(table);
    this.#ownBase = base;
  }

  /** The tokenizer whose ids are mapped. */
  get base(): BpeTokenizer {
    return this.#ownBase ?? gpt2Tokenizer();
  }

  /** Number of base tokens that are kept. */
  get keptCount(): number {
    return this.#fromBase.size;
  }

  /**
   * Reads `vocab_size`, `gpt2_to_compact` and optionally `compact_to_gpt2` (keys are decimal numbers).
   *
   * @param base overrides the base in the JSON; the default is GPT-2
   * @throws Error naming the wrong entry
   */
  static fromJSON(json: unknown, base?: BpeTokenizer): CompactTokenizer {
    const fields = new JsonFields('compact tokenizer', '', json);
    const table = readTable(fields.object('gpt2_to_compact'));
    const inverse = fields.optionalObject('compact_to_gpt2');
    for (const [id, baseId] of inverse ? readTable(inverse) : []) {
      if (table.get(baseId) !== id) {
        throw new Error(
          `${inverse!.name(String(id))} is ${baseId}, but "gpt2_to_compact.${baseId}" is ${show(table.get(baseId))}.`,
        );
      }
    }
    const ownBase = fields.isNull('base') ? undefined : BpeTokenizer.fromJSON(fields.record.base);
    return new CompactTokenizer(fields.id('vocab_size'), table, base ?? ownBase);
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    checkEncodeOptions(options);
    const ids = this.base.encode(text, { splitSpecialTokens: options.splitSpecialTokens });
    const table = this.#lookup();
    const out = options.addEos ? new Uint32Array(ids.length + 1) : ids;
    for (let i = 0; i < ids.length; i++) out[i] = table[ids[i]] || UNK;
    if (options.addEos) out[ids.length] = EOS;
    return out;
  }

  /** Omits padding, unknown, end of text and ids without a token. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const baseIds = Array.from(ids, (id) => this.#toBase.get(id));
    return this.base.decode(
      baseIds.filter((id) => id !== undefined),
      options,
    );
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

  /** Counts the tokens of a text that are outside the compact vocabulary. */
  countUnknown(text: string, options: Pick<EncodeOptions, 'splitSpecialTokens'> = {}): UnknownCounts {
    const ids = this.encode(text, options);
    return unknownCounts(ids.length, ids.filter((id) => id === UNK).length);
  }

  /** Accepts base tokens, and `<pad>`, `<unk>`, `<eos>` for the reserved ids. */
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

  /** The table, with the base under "base" unless it is GPT-2. */
  toJSON(): Record<string, unknown> {
    return {
      vocab_size: this.vocabSize,
      gpt2_to_compact: Object.fromEntries(this.#fromBase),
      compact_to_gpt2: Object.fromEntries(this.#toBase),
      ...(this.#ownBase && { base: this.#ownBase.toJSON() }),
    };
  }

  #lookup(): Uint32Array {
    if (this.#table !== undefined) return this.#table;
    const { base } = this;
    const table = new Uint32Array(base.vocabSize);
    if (base.eosTokenId !== undefined) table[base.eosTokenId] = EOS;
    for (const [baseId, id] of this.#fromBase) {
      if (baseId >= base.vocabSize) {
        throw new Error(
          `compact table: base id ${baseId} is outside the base vocabulary of ${base.vocabSize} tokens.`,
        );
      }
      table[baseId] = id;
    }
    return (this.#table = table);
  }
}

/** @returns the number of base tokens that fit. @throws Error for a size below 3 */
export function checkVocabSize(vocabSize: number): number {
  if (Number.isInteger(vocabSize) && vocabSize >= FIRST) return vocabSize - FIRST;
  throw new Error(
    `vocabSize is ${vocabSize}. Expected an integer of at least ${FIRST} (padding, unknown, end of text).`,
  );
}

/** The table that keeps these base ids, in this order. */
export function compactTable(baseIds: readonly number[]): Map<number, number> {
  return new Map(baseIds.map((baseId, i) => [baseId, FIRST + i]));
}

function readTable(fields: JsonFields): Map<number, number> {
  const table = new Map<number, number>();
  for (const key of Object.keys(fields.record)) {
    if (!/^(0|[1-9]\d{0,8})$/.test(key))
      throw new Error(`${fields.name()}: key ${show(key)} is invalid. Expected an integer of at least 0.`);
    table.set(Number(key), fields.id(key));
  }
  return table;
}
