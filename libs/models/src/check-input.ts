// What every model says of token ids that it cannot take. Leaves out whether an id is in the vocabulary: the embedding
// knows.
import type { tf } from '@lilformer/engine';
import type { Cache } from '@lilformer/layers';

/**
 * Checks ids, what is in front of them and how much of it is padding.
 *
 * @param name the model, for the messages
 * @param contextLength most tokens, those in the cache included
 * @throws Error when ids are not int32 `[B, T]` of at least one token a row and at most what the context holds, or cache
 *   or mask are for another shape
 */
export function checkInput(
  name: string,
  ids: tf.Tensor2D,
  contextLength: number,
  { cache, paddingMask }: { readonly cache?: Cache; readonly paddingMask?: tf.Tensor2D },
): void {
  if (ids.rank !== 2 || ids.dtype !== 'int32') {
    throw new Error(`${name}: ids are ${ids.dtype} of shape [${ids.shape}], expected int32 [batch, tokens]`);
  }
  const [batch, tokens] = ids.shape;
  if (ids.size === 0) throw new Error(`${name}: ids of shape [${ids.shape}], expected at least one token`);
  const before = cache?.length ?? 0;
  if (before + tokens > contextLength) {
    const sum = before > 0 ? `${before} cached and ${tokens} new tokens` : `${tokens} tokens`;
    throw new Error(`${name}: ${sum} do not fit the context of ${contextLength}; feed the last ones only`);
  }
  if (cache && cache.batch !== batch) {
    throw new Error(`${name}: a batch of ${batch} with a cache made for ${cache.batch}`);
  }
  if (paddingMask && (paddingMask.shape[0] !== batch || paddingMask.shape[1] !== before + tokens)) {
    const expected = `[${batch}, ${before + tokens}]`;
    throw new Error(
      `${name}: a padding mask of shape [${paddingMask.shape}], expected ${expected}, a place a token`,
    );
  }
}
