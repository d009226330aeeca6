// What every encoder-decoder here can do, whatever is inside (Sutskever, Vinyals and Le, arXiv:1409.3215; with attention
// Vaswani et al., arXiv:1706.03762): read one text as a whole, and write another one token by token that looks at it. The
// arithmetic of each model is in its own file.
import { tf, tidy } from '@lilformer/engine';
import { KeyValueCache, Module, type Cache, type Capture, type Linear } from '@lilformer/layers';
import { linearCrossEntropy } from '@lilformer/ops';
import { checkInput } from './check-input.js';

/** Settings that all encoder-decoders have; each has more. */
export interface EncoderDecoderConfig {
  readonly type: string;
  /** Number of different tokens, V, of both texts. */
  readonly vocabSize: number;
  /** Most tokens that each side takes; absent where there is no limit. */
  readonly contextLength?: number;
  /** What the decoder is given in front of the first token. */
  readonly startId: number;
  /** Fills up shorter texts of a batch. */
  readonly padId: number;
  /** Ends a text. */
  readonly eosId: number;
}

/** What `encode` takes besides ids. */
export interface EncodeOptions {
  /** `[B, S]`: 1 for a real token, 0 for padding, which nobody attends to. */
  paddingMask?: tf.Tensor2D;
  /**
   * Collects `encoder.hidden.N` [B, S, C] (0: the embedding; N: after layer N; `final`: after the last norm, where there
   * is one) and `encoder.attn.N` [B, H, S, S].
   */
  capture?: Capture;
}

/** What `decode` takes besides ids. */
export interface DecodeOptions {
  /** `[B, S, C]`, what `encode` gave. */
  encoded: tf.Tensor3D;
  /** `[B, S]`, the padding mask that `encode` had. */
  encoderMask?: tf.Tensor2D;
  /**
   * What the decoder remembers of the tokens before, and of `encoded`, whose keys and values are made once: a cache goes
   * with one encoded batch.
   */
  cache?: Cache;
  /** Collects the same of the decoder, `decoder.hidden.N` and `decoder.attn.N`, and `cross.N` [B, H, T, S]. */
  capture?: Capture;
  /** Logits of the last place only, `[B, 1, V]`: all that generation needs. */
  lastOnly?: boolean;
}

/** A model that reads a text, and for each token of another one scores every token that may come next. */
export abstract class EncoderDecoderModel extends Module {
  /** What it takes to build this model again. */
  abstract readonly config: EncoderDecoderConfig;

  /** The encoder's arithmetic, `[B, S]` to `[B, S, C]`. Runs inside a tidy, with checked input. */
  protected abstract encoderHidden(ids: tf.Tensor2D, options: EncodeOptions): tf.Tensor3D;

  /** The decoder's up to the last map, `[B, T]` to `[B, T, C]`. Runs inside a tidy, with checked input. */
  protected abstract decoderHidden(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D;

  /** The last map, from `[B, T, C]` to logits. */
  protected abstract get output(): Linear;

  /** Number of different tokens, V. */
  get vocabSize(): number {
    return this.config.vocabSize;
  }

  /** Most tokens that each side takes; Infinity where there is no limit. */
  get contextLength(): number {
    return this.config.contextLength ?? Infinity;
  }

  /** What the decoder is given in front of the first token: `decoder_start_token_id`. */
  get startId(): number {
    return this.config.startId;
  }

  /** Fills up shorter texts of a batch. */
  get padId(): number {
    return this.config.padId;
  }

  /** Ends a text. */
  get eosId(): number {
    return this.config.eosId;
  }

  /**
   * Reads a text.
   *
   * @param ids `[B, S]` int32
   * @returns `[B, S, C]`, to be disposed when done; at padded places without meaning
   * @throws Error when ids are not int32 of two dimensions, at least one token a row and at most what the context holds,
   *   each in the vocabulary; or when the mask is for another shape
   */
  encode(ids: tf.Tensor2D, options: EncodeOptions = {}): tf.Tensor3D {
    checkInput(`${this.constructor.name}'s encoder`, ids, this.contextLength, options);
    return tidy(() => this.encoderHidden(ids, options));
  }

  /**
   * Scores of the next token, at every place of the text that is being written. With a cache, `ids` are the tokens that
   * follow those it has seen, and the logits are theirs alone.
   *
   * @param ids `[B, T]` int32; the first token of a text is `startId`
   * @returns `[B, T, V]`; with `lastOnly` `[B, 1, V]`
   * @throws Error as `encode`, or when the encoder's output or mask are for another batch
   */
  decode(ids: tf.Tensor2D, options: DecodeOptions): tf.Tensor3D {
    this.#checkDecoding(ids, options);
    return tidy(() => {
      const [batch, tokens] = ids.shape;
      let x = this.decoderHidden(ids, options); // [B, T, C]
      options.cache?.advance(tokens);
      if (options.lastOnly && tokens > 1) x = tf.slice(x, [0, tokens - 1, 0], [batch, 1, -1]);
      return this.output.forward(x);
    });
  }

  /**
   * `encode` and `decode` in one: logits `[B, T, V]` of a text `decoderIds` `[B, T]` that answers `ids` `[B, S]`.
   * @throws Error as both do
   */
  forward(ids: tf.Tensor2D, decoderIds: tf.Tensor2D, options: EncodeOptions = {}): tf.Tensor3D {
    return tidy(() => {
      const encoded = this.encode(ids, options);
      return this.decode(decoderIds, { encoded, encoderMask: options.paddingMask, capture: options.capture });
    });
  }

  /**
   * Mean cross entropy, in nats a token, of the text that shall answer `ids`: the decoder sees it one place later, behind
   * `startId`.
   *
   * @param ids `[B, S]` int32
   * @param labels `[B, T]` int32: the answer, with `eosId` at its end; -100 where there is none, which does not count
   * @throws Error as `encode` and `decode`
   */
  loss(ids: tf.Tensor2D, labels: tf.Tensor2D, options: EncodeOptions = {}): tf.Scalar {
    return tidy(() => {
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
   * What the decoder is given to write `labels`: `startId`, and all but the last of them, with `padId` in place of -100.
   *
   * @param labels `[B, T]` int32
   * @returns `[B, T]` int32
   * @throws Error when labels are not int32 of two dimensions
   */
  shiftedRight(labels: tf.Tensor2D): tf.Tensor2D {
    if (labels.rank !== 2 || labels.dtype !== 'int32') {
      throw new Error(
        `${this.constructor.name}: labels are ${labels.dtype} of shape [${labels.shape}], expected int32 [batch, tokens]`,
      );
    }
    const [batch, tokens] = labels.shape;
    const given = labels.dataSync<'int32'>();
    const shifted = Int32Array.from({ length: batch * tokens }, (_, i) =>
      i % tokens === 0 ? this.startId : given[i - 1] === -100 ? this.padId : given[i - 1],
    );
    return tf.tensor2d(shifted, [batch, tokens], 'int32');
  }

  /** An empty memory for `batch` texts that are written side by side; it frees itself with `dispose`. */
  createCache(batch: number): Cache {
    return new KeyValueCache(batch);
  }

  #checkDecoding(ids: tf.Tensor2D, { encoded, encoderMask, cache }: DecodeOptions): void {
    const name = `${this.constructor.name}'s decoder`;
    checkInput(name, ids, this.contextLength, { cache });
    const [batch, source] = encoded.shape;
    if (encoded.rank !== 3 || batch !== ids.shape[0]) {
      throw new Error(
        `${name}: an encoded text of shape [${encoded.shape}] for ids of shape [${ids.shape}], expected ` +
          `[${ids.shape[0]}, S, C], as encode gives it`,
      );
    }
    if (encoderMask && (encoderMask.shape[0] !== batch || encoderMask.shape[1] !== source)) {
      throw new Error(
        `${name}: an encoder mask of shape [${encoderMask.shape}], expected [${batch}, ${source}], a place a token`,
      );
    }
  }
}
