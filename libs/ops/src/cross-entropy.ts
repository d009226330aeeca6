// Cross entropy of logits against the ids that came: from whole numbers, without one-hot rows. Leaves out label
// smoothing, class weights and soft targets.
import { tf } from '@lilformer/engine';
import { differentiable } from './differentiable.js';
import { expOfNegative } from './functions.js';
import { compute, hasVisibleMemory, nativeKernels } from './memory.js';
import { oneHotRows, shapeText } from './shapes.js';
import { checkedTargets, type Answers } from './targets.js';

/** What `crossEntropy` takes besides logits and targets. */
export interface CrossEntropyOptions {
  /** Targets with this id count for nothing: no loss, no gradient, and not in the mean. Default -100. */
  ignoreIndex?: number;
  /** `'mean'` over the targets that count (default), their `'sum'`, or `'none'`: one loss a target. */
  reduction?: Reduction;
}

type Reduction = 'mean' | 'sum' | 'none';

/**
 * -log softmax(logits)[target], stable for logits of any size; `F.cross_entropy` of PyTorch.
 *
 * With every target ignored the mean is NaN (0 / 0), as in PyTorch, and its gradient too; sum and none are 0.
 *
 * @param logits [..., V]
 * @param targets int32 [...]
 * @returns a scalar, or for `'none'` [...] with 0 where ignored
 * @throws Error naming the first target outside 0 … V-1 that is not `ignoreIndex`.
 */
export function crossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  options: CrossEntropyOptions = {},
): tf.Tensor {
  if (!hasVisibleMemory()) return crossEntropyReference(logits, targets, options);
  const { reduction = 'mean', ignoreIndex = -100 } = options;
  const answers = checkedFor(logits, targets, ignoreIndex);
  const shape = reduction === 'none' ? targets.shape : [];
  return nativeKernels()
    ? fast(logits, answers, shape, ignoreIndex, reduction)
    : looped(logits, answers, shape, ignoreIndex, reduction);
}

/** The native engine's: what is kept for the gradient is a number a row. */
function fast(
  logits: tf.Tensor,
  { ids, counted }: Answers,
  shape: number[],
  ignoreIndex: number,
  reduction: Reduction,
): tf.Tensor {
  const kernels = nativeKernels()!;
  const rows = ids.length;
  const classes = logits.shape.at(-1)!;
  const share = reduction === 'mean' ? 1 / counted : 1;
  return differentiable(
    'crossEntropy',
    [logits],
    (save) => {
      let total = 0;
      const [losses, logSums] = compute(
        [logits],
        save ? [[rows], [rows]] : [[rows]],
        ([x], [losses, logSums]) => {
          total = kernels.crossEntropyForward(x, ids, losses, logSums, rows, classes, ignoreIndex);
        },
      ) as [tf.Tensor, tf.Tensor | undefined];
      save?.(logits, logSums!);
      if (reduction === 'none') return tf.reshape(losses, shape);
      return tf.scalar(reduction === 'mean' ? total / counted : total);
    },
    (dy, [logits, logSums]) =>
      compute([logits, logSums, dy], [logits.shape], ([x, logSums, dy], [dx]) =>
        kernels.crossEntropyBackward(x, ids, logSums, dy, dx, rows, classes, ignoreIndex, share),
      ),
  );
}

/** A loop where memory is visible, which makes the gradient on the way forward. */
function looped(
  logits: tf.Tensor,
  { ids, counted }: Answers,
  shape: number[],
  ignoreIndex: number,
  reduction: Reduction,
): tf.Tensor {
  const rows = ids.length;
  const classes = logits.shape.at(-1)!;
  const share = reduction === 'mean' ? 1 / counted : 1;
  return differentiable(
    'crossEntropy',
    [logits],
    (save) => {
      const [loss, slopes] = compute([logits], [shape, logits.shape], ([x], [loss, slopes]) => {
        let total = 0;
        for (let row = 0; row < rows; row++) {
          const start = row * classes;
          const target = ids[row];
          if (target === ignoreIndex) {
            slopes.fill(0, start, start + classes);
            if (reduction === 'none') loss[row] = 0;
            continue;
          }
          const end = start + classes;
          let largest = -Infinity;
          for (let i = start; i < end; i++) if (x[i] > largest) largest = x[i];
          let sum = 0;
          for (let i = start; i < end; i++) {
            const e = expOfNegative(x[i] - largest);
            slopes[i] = e;
            sum += e;
          }
          const scale = share / sum;
          for (let i = start; i < end; i++) slopes[i] *= scale;
          slopes[start + target] -= share;
          const here = Math.log(sum) + largest - x[start + target];
          if (reduction === 'none') loss[row] = here;
          else total += here;
        }
        if (reduction !== 'none') loss[0] = reduction === 'mean' ? total / counted : total;
      });
      save?.(slopes);
      return loss;
    },
    (dy, [slopes]) => {
      if (reduction !== 'none' && dy.dataSync()[0] === 1) return [tf.clone(slopes)]; // the end of the tape
      return compute([dy, slopes], [logits.shape], ([dy, slopes], [dx]) => {
        for (let row = 0; row < rows; row++) {
          const factor = dy[reduction === 'none' ? row : 0];
          for (let i = row * classes; i < (row + 1) * classes; i++) dx[i] = slopes[i] * factor;
        }
      });
    },
  );
}

/** The specification of `crossEntropy`: a log softmax and one-hot rows. */
export function crossEntropyReference(
  logits: tf.Tensor,
  targets: tf.Tensor,
  { reduction = 'mean', ignoreIndex = -100 }: CrossEntropyOptions = {},
): tf.Tensor {
  const { ids, counted } = checkedFor(logits, targets, ignoreIndex);
  const classes = logits.shape.at(-1)!;
  const flat = tf.reshape(logits, [ids.length, classes]);
  // An ignored target's one-hot row is all zero, as -1 is no class.
  const chosen = oneHotRows(
    ids.map((id) => (id === ignoreIndex ? -1 : id)),
    classes,
  );
  const losses = tf.neg(tf.sum(tf.mul(tf.logSoftmax(flat), chosen), -1));
  if (reduction === 'none') return tf.reshape(losses, targets.shape);
  const sum = tf.sum(losses);
  return reduction === 'mean' ? tf.div(sum, counted) : sum;
}

function checkedFor(logits: tf.Tensor, targets: tf.Tensor, ignoreIndex: number): Answers {
  return checkedTargets(
    'crossEntropy',
    targets,
    logits.shape.slice(0, -1),
    logits.shape.at(-1)!,
    ignoreIndex,
    {
      given: `logits ${shapeText(logits.shape)}`,
      expected: 'logits [..., V]',
    },
  );
}
