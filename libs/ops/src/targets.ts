// Whole numbers that a loss is measured against: checked once, for cross entropy alone and with the output
// projection. Leaves out the losses.
import type { tf } from '@lilformer/engine';
import { integers } from './memory.js';
import { shapeText } from './shapes.js';

/** Targets of a loss, each in range or ignored. */
export interface Answers {
  /** A copy. */
  readonly ids: Int32Array;
  /** How many are not ignored. */
  readonly counted: number;
}

/**
 * @param what the tensor that targets belong to, with its shape, and what shapes are expected, for messages
 * @throws Error naming the first target that is neither a class nor `ignoreIndex`
 */
export function checkedTargets(
  name: string,
  targets: tf.Tensor,
  shape: readonly number[],
  classes: number,
  ignoreIndex: number,
  what: { given: string; expected: string },
): Answers {
  if (targets.dtype !== 'int32') {
    throw new Error(`${name}: targets of type ${targets.dtype}, expected int32`);
  }
  if (targets.shape.length !== shape.length || shape.some((size, i) => size !== targets.shape[i])) {
    throw new Error(
      `${name}: ${what.given} and targets ${shapeText(targets.shape)}, expected ${what.expected} and targets [...]`,
    );
  }
  const ids = integers(targets).slice(0, targets.size);
  let counted = 0;
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === ignoreIndex) continue;
    counted++;
    if (ids[i] < 0 || ids[i] >= classes) {
      throw new Error(
        `${name}: target ${ids[i]} at position ${i}, expected 0 to ${classes - 1} (${classes} classes)` +
          ` or the ignored ${ignoreIndex}`,
      );
    }
  }
  return { ids, counted };
}
