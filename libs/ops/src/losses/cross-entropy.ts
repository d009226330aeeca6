// Cross entropy of logits and class ids.
import { differentiable, tf } from '@lilformer/engine';
import { compute, dispatch } from '../support/kernels.js';
import { oneHotRows, shapeText } from '../support/shapes.js';
import { checkTargets, type Targets } from './targets.js';

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** Targets with this id have no loss and no gradient, and do not count in the mean. Default -100. */
  ignoreIndex?: number;
  /** `'mean'` over the targets that are not ignored (default), `'sum'`, or `'none'`: a loss for each target. */
  reduction?: 'mean' | 'sum' | 'none';
}

/**
 * -log softmax(logits)[target], numerically stable; `F.cross_entropy` of PyTorch.
 *
 * If all targets are ignored the mean and its gradient are NaN (0 / 0), as in PyTorch.
 *
 * @param logits [..., V]
 * @param targets int32 [...]
 * @returns a scalar, or for `'none'` [...] with 0 where ignored
 * @throws Error naming the first target that is neither in 0 … V-1 nor `ignoreIndex`.
 */
export function crossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  options: CrossEntropyOptions = {},
): tf.Tensor {
  const { reduction = 'mean', ignoreIndex = -100 } = options;
  const { ids, counted } = check(logits, targets, ignoreIndex);
  const common = { targets: ids, rows: ids.length, classes: logits.shape.at(-1)!, ignored: ignoreIndex };
  const factor = reduction === 'mean' ? 1 / counted : 1;
  return dispatch(
    (kernels) =>
      differentiable(
        'crossEntropy',
        [logits],
        (save) => {
          let total = 0;
          const shapes = [[ids.length], save && [ids.length]] as const;
          const [losses, logSums] = compute([logits], shapes, ([x], [losses, logSums]) => {
            total = kernels.crossEntropyForward({ logits: x, losses, logSums, ...common });
          });
          save?.(logits, logSums!);
          if (reduction === 'none') return tf.reshape(losses, targets.shape);
          return tf.scalar(reduction === 'mean' ? total / counted : total);
        },
        (dy, [logits, logSums]) =>
          compute([logits, logSums, dy], [logits.shape], ([x, logSums, dy], [dx]) =>
            kernels.crossEntropyBackward({ logits: x, logSums, dy, dx, share: factor, ...common }),
          ),
      ),
    () => crossEntropyReference(logits, targets, options),
  );
}

/** The reference of `crossEntropy`: log softmax and one-hot rows. */
export function crossEntropyReference(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { reduction = 'mean', ignoreIndex = -100 }: CrossEntropyOptions = {},
): tf.Tensor {
  const { ids, counted } = check(logits, targets, ignoreIndex);
  const classes = logits.shape.at(-1)!;
  const flat = tf.reshape(logits, [ids.length, classes]);
  // -1 is no class: the one-hot row of an ignored target is zero.
  const oneHot = oneHotRows(
    ids.map((id) => (id === ignoreIndex ? -1 : id)),
    classes,
  );
  const losses = tf.neg(tf.sum(tf.mul(tf.logSoftmax(flat), oneHot), -1));
  if (reduction === 'none') return tf.reshape(losses, targets.shape);
  const sum = tf.sum(losses);
  return reduction === 'mean' ? tf.div(sum, counted) : sum;
}

function check(logits: tf.Tensor, targets: tf.Tensor, ignoreIndex: number): Targets {
  const name = 'crossEntropy';
  const classes = logits.shape.at(-1)!;
  return checkTargets(name, targets, logits.shape.slice(0, -1), classes, ignoreIndex, {
    given: `logits ${shapeText(logits.shape)}`,
    expected: 'logits [..., V]',
  });
}
