// Sequences that the decoder of an encoder-decoder generates. The encoder reads each prompt once.
import { tf } from '@lilformer/engine';
import type { EncoderDecoderModel } from '@lilformer/models';
import { ModelBatch } from './sequence-batch.js';

interface Encoded {
  readonly encoded: tf.Tensor3D; // [B, T, C]
  readonly encoderMask: tf.Tensor2D | undefined; // [B, T]
}

/** A batch whose sequences start with the decoder's start token. */
export class EncoderDecoderBatch extends ModelBatch<EncoderDecoderModel> {
  readonly #prompts: readonly (readonly number[])[];
  /** The prompt that each sequence belongs to. */
  #promptOf: readonly number[];
  #encoded: Encoded | undefined;

  /** @param prompts at least one, each of at least one token */
  constructor(model: EncoderDecoderModel, prompts: readonly (readonly number[])[], useCache: boolean) {
    super(
      model,
      prompts.map(() => [model.config.decoderStartTokenId]),
      useCache,
    );
    this.#prompts = prompts;
    this.#promptOf = [...prompts.keys()];
  }

  /** @throws RangeError when the sequences exceed the decoder's context */
  protected forward(): tf.Tensor3D {
    const { model, sequences } = this;
    const [{ length }] = sequences; // all are equally long
    if (length > model.contextLength) {
      throw new RangeError(
        `the sequence exceeds the decoder's context of ${model.contextLength} tokens. Give a lower maxNewTokens.`,
      );
    }
    const { encoded, encoderMask } = (this.#encoded ??= encode(model, this.#prompts));
    this.openCache();
    const cached = this.cache?.length ?? 0;
    const input = tf.tensor2d(
      sequences.map((ids) => ids.slice(cached)),
      [sequences.length, length - cached],
      'int32',
    );
    try {
      return model.decode(input, { encoded, encoderMask, cache: this.cache, lastOnly: true });
    } finally {
      input.dispose();
    }
  }

  override append(rows: readonly number[], ids: readonly number[]): void {
    super.append(rows, ids);
    const before = this.#promptOf;
    this.#promptOf = rows.map((row) => before[row]);
    // Beams of one prompt change rows at every token and share the same encoder output.
    if (!this.#encoded || this.#promptOf.join() === before.join()) return;
    const { encoded, encoderMask } = this.#encoded;
    const indices = tf.tensor1d(Int32Array.from(rows), 'int32');
    this.#encoded = {
      encoded: tf.gather(encoded, indices),
      encoderMask: encoderMask && tf.gather(encoderMask, indices),
    };
    tf.dispose([encoded, encoderMask ?? [], indices]);
  }

  override dispose(): void {
    super.dispose();
    tf.dispose([this.#encoded?.encoded ?? [], this.#encoded?.encoderMask ?? []]);
    this.#encoded = undefined;
  }
}

/** The encoder's output for the prompts, shorter ones padded on the right. */
function encode(model: EncoderDecoderModel, prompts: readonly (readonly number[])[]): Encoded {
  const T = Math.max(...prompts.map(({ length }) => length));
  const ids = new Int32Array(prompts.length * T).fill(model.config.padTokenId);
  const mask = new Int32Array(ids.length);
  prompts.forEach((prompt, row) => {
    ids.set(prompt, row * T);
    mask.fill(1, row * T, row * T + prompt.length);
  });
  const input = tf.tensor2d(ids, [prompts.length, T], 'int32');
  const encoderMask = mask.includes(0) ? tf.tensor2d(mask, [prompts.length, T], 'int32') : undefined;
  try {
    return { encoded: model.encode(input, { paddingMask: encoderMask }), encoderMask };
  } catch (error) {
    encoderMask?.dispose();
    throw error;
  } finally {
    input.dispose();
  }
}
