// A batch of growing token sequences and the model's logits for their next tokens. Decoding strategies choose the tokens.
import type { tf } from '@lilformer/engine';
import type { Cache, Module } from '@lilformer/layers';

/** Sequences that grow together, one token at a time. */
export interface SequenceBatch {
  /** The ids of each sequence so far; of an encoder-decoder the decoder's, its start token included. */
  readonly sequences: readonly (readonly number[])[];
  /** Logits `[V]` of each sequence's next token. */
  nextLogits(): Promise<Float32Array[]>;
  /**
   * Selects sequences and appends one token to each.
   * @param rows indices of the selected sequences; an index may occur several times
   * @param ids the token appended to each
   */
  append(rows: readonly number[], ids: readonly number[]): void;
  /** Frees all tensors. */
  dispose(): void;
}

/** The options that concern a batch. */
export interface BatchSettings {
  /** Whether to cache keys and values. `false` gives the same tokens, slower. Default true. */
  readonly useCache: boolean;
  /**
   * When a sequence exceeds the context of a language model: `'slide'` feeds the last `contextLength` tokens, `'error'`
   * throws. Default `'slide'`. An encoder-decoder always throws.
   */
  readonly onOverflow: 'slide' | 'error';
}

type Model = Module & { readonly vocabSize: number; createCache(batch: number): Cache };

/** The batch of a model, with its cache. Subclasses compute the logits. */
export abstract class ModelBatch<M extends Model> implements SequenceBatch {
  protected cache: Cache | undefined;
  protected readonly evaluating: ReturnType<Module['evaluator']>;

  constructor(
    protected readonly model: M,
    public sequences: readonly (readonly number[])[],
    private readonly useCache: boolean,
  ) {
    this.evaluating = model.evaluator();
  }

  async nextLogits(): Promise<Float32Array[]> {
    const logits = this.evaluating(() => this.forward());
    try {
      const data = await logits.data<'float32'>();
      const V = this.model.vocabSize;
      return this.sequences.map((_, row) => data.subarray(row * V, (row + 1) * V));
    } finally {
      logits.dispose();
    }
  }

  /** Logits `[B, 1, V]` of the next tokens. */
  protected abstract forward(): tf.Tensor3D;

  protected openCache(): void {
    if (this.useCache) this.cache ??= this.model.createCache(this.sequences.length);
  }

  append(rows: readonly number[], ids: readonly number[]): void {
    if (!isIdentity(rows, this.sequences.length)) this.cache?.keepRows(rows);
    this.sequences = appended(this.sequences, rows, ids);
  }

  dispose(): void {
    this.cache?.dispose();
    this.cache = undefined;
  }
}

/** The sequences after {@link SequenceBatch.append}. */
export function appended(
  sequences: readonly (readonly number[])[],
  rows: readonly number[],
  ids: readonly number[],
): number[][] {
  return rows.map((row, i) => [...sequences[row], ids[i]]);
}

function isIdentity(rows: readonly number[], count: number): boolean {
  return rows.length === count && rows.every((row, i) => row === i);
}
