// The interface of encoder-decoder models (Sutskever, Vinyals and Le, arXiv:1409.3215; Vaswani et al., arXiv:1706.03762):
// the encoder reads a whole sequence, the decoder writes another token by token. Each model's arithmetic is in its own file.
import { tf } from '@lilformer/engine';
import { KeyValueCache, Module, type Cache, type Capture, type Linear } from '@lilformer/layers';
import { linearCrossEntropy } from '@lilformer/ops';
import { checkInput } from './check-input.js';

/** Config fields of all encoder-decoder models. */
export interface EncoderDecoderConfig {
  readonly type: string;
  /** Vocabulary size, V, of both sequences. */
  readonly vocabSize: number;
  /** The decoder's first input token. */
  readonly decoderStartTokenId: number;
  /** Pads shorter sequences of a batch. */
  readonly padTokenId: number;
  /** Ends a sequence. */
  readonly eosTokenId: number;
}

/** What `encode` takes besides ids. */
export interface EncodeOptions {
  /** `[B, S]`: 1 for a token, 0 for padding, which is not attended to. */
  paddingMask?: tf.Tensor2D;
  /**
   * Collects `encoder.hidden.N` [B, S, C] (0: the embedding; N: after layer N; `final`: after the final norm, if any) and
   * `encoder.attn.N` [B, H, S, S].
   */
  capture?: Capture;
}

/** What `decode` takes besides ids. */
export interface DecodeOptions {
  /** `[B, S, C]`, the result of `encode`. */
  encoded: tf.Tensor3D;
  /** `[B, S]`, the padding mask that `encode` had. */
  encoderMask?: tf.Tensor2D;
  /** Keys and values of the tokens before, and those of `encoded`: a cache belongs to one encoded batch. */
  cache?: Cache;
  /** Collects `decoder.hidden.N` and `decoder.attn.N`, and `cross.N` [B, H, T, S]. */
  capture?: Capture;
  /** Logits of the last position only, `[B, 1, V]`. */
  lastOnly?: boolean;
}

/** A model that encodes one sequence and predicts the next token at every position of another. */
export abstract class EncoderDecoderModel extends Module {
  /** The parsed config: `type` and what builds this model again. */
  abstract readonly config: EncoderDecoderConfig;

  /** The encoder's arithmetic, `[B, S]` to `[B, S, C]`. Runs in a memory scope, with checked input. */
  protected abstract encoderHidden(ids: tf.Tensor2D, options: EncodeOptions): tf.Tensor3D;

  /** The decoder's arithmetic up to the output projection, `[B, T]` to `[B, T, C]`. Runs in a memory scope, with checked input. */
  protected abstract decoderHidden(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D;

  /** The output projection, from `[B, T, C]` to logits `[B, T, V]`. */
  protected abstract get output(): Linear;

  /** Vocabulary size, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Longest sequence of each side; Infinity without a limit. */
  get contextLength(): number {
    return (this.config as { maxPositionEmbeddings?: number }).maxPositionEmbeddings ?? Infinity;
  }

  /**
   * Encodes a sequence.
   *
   * @param ids `[B, S]` int32
   * @returns `[B, S, C]`; dispose it when done. Rows of padding have no meaning
   * @throws Error when ids are not int32 `[B, S]` with S from 1 to the context length, an id is not below V, or the mask
   *   has another shape
   */
  encode(ids: tf.Tensor2D, options: EncodeOptions = {}): tf.Tensor3D {
    checkInput(`${this.constructor.name}'s encoder`, ids, this.contextLength, options);
    return this.scope(() => this.encoderHidden(ids, options));
  }

  /**
   * Logits of the next token at every position. With a cache, `ids` are the tokens after the cached ones, and the logits
   * are theirs alone.
   *
   * @param ids `[B, T]` int32; the first token of a sequence is `decoderStartTokenId`
   * @returns `[B, T, V]`; with `lastOnly` `[B, 1, V]`
   * @throws Error as `encode`, or when the encoder's output or mask have another batch size
   */
  decode(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D {
    this.#checkDecoding(ids, options);
    return this.scope(() => {
      const [batch, tokens] = ids.shape;
      let x = this.decoderHidden(ids, options); // [B, T, C]
      options.cache?.advance(tokens);
      if (options.lastOnly && tokens > 1) x = tf.slice(x, [0, tokens - 1, 0], [batch, 1, -1]);
      return this.output.forward(x);
    });
  }

  /**
   * `encode` and `decode`: logits `[B, T, V]` at the positions of `decoderIds` `[B, T]`, given `ids` `[B, S]`.
   * @throws Error as both do
   */
  forward(ids: tf.Tensor2D, decoderIds: tf.Tensor2D, options: EncodeOptions = {}): tf.Tensor3D {
    return this.scope(() => {
      const encoded = this.encode(ids, options);
      return this.decode(decoderIds, { encoded, encoderMask: options.paddingMask, capture: options.capture });
    });
  }

  /**
   * Mean cross entropy, in nats per token, of `labels`. The decoder's input is `labels` shifted right, after
   * `decoderStartTokenId`.
   *
   * @param ids `[B, S]` int32
   * @param labels `[B, T]` int32: the target sequence with `eosTokenId` at its end; -100 to ignore a position
   * @throws Error as `encode` and `decode`
   */
  loss(ids: tf.Tensor2D, labels: tf.Tensor2D, options: EncodeOptions = {}): tf.Scalar {
    return this.scope(() => {
      const { paddingMask, capture } = options;
      const encoded = this.encode(ids, options);
      const decoderIds = this.shiftedRight(labels);
      const decoding = { encoded, encoderMask: paddingMask, capture };
      this.#checkDecoding(decoderIds, decoding);
      const { weight, bias } = this.output;
      const x = this.decoderHidden(decoderIds, decoding);
      return linearCrossEntropy(x, weight.operand, bias?.variable, labels);
    });
  }

  /**
   * The decoder's input for `labels`: `decoderStartTokenId`, then all but the last label, with `padTokenId` in place of -100.
   *
   * @param labels `[B, T]` int32
   * @returns `[B, T]` int32
   * @throws Error when labels are not int32 `[B, T]`
   */
  shiftedRight(labels: tf.Tensor2D): tf.Tensor2D {
    if (labels.rank !== 2 || labels.dtype !== 'int32') {
      throw new Error(
        `${this.constructor.name}: labels are ${labels.dtype} of shape [${labels.shape}]. Expected int32 [batch, tokens].`,
      );
    }
    const [batch, tokens] = labels.shape;
    const { decoderStartTokenId, padTokenId } = this.config;
    const given = labels.dataSync<'int32'>();
    const shifted = Int32Array.from({ length: batch * tokens }, (_, i) =>
      i % tokens === 0 ? decoderStartTokenId : given[i - 1] === -100 ? padTokenId : given[i - 1],
    );
    return tf.tensor2d(shifted, [batch, tokens], 'int32');
  }

  /** An empty cache for `batch` sequences. Free it with `dispose`. */
  createCache(batch: number): Cache {
    return new KeyValueCache(batch);
  }

  #checkDecoding(ids: tf.Tensor2D, { encoded, encoderMask, cache }: DecodeOptions): void {
    const name = `${this.constructor.name}'s decoder`;
    checkInput(name, ids, this.contextLength, { cache });
    const [batch, source] = encoded.shape;
    if (encoded.rank !== 3 || batch !== ids.shape[0]) {
      throw new Error(
        `${name}: encoded has shape [${encoded.shape}]. Expected [${ids.shape[0]}, S, C], the result of encode.`,
      );
    }
    if (encoderMask && (encoderMask.shape[0] !== batch || encoderMask.shape[1] !== source)) {
      throw new Error(
        `${name}: encoderMask has shape [${encoderMask.shape}]. Expected [${batch}, ${source}], one entry per token.`,
      );
    }
  }
}
