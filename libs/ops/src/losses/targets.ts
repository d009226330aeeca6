// Checked targets of a loss.
import type { tf } from '@lilformer/engine';
import { integers } from '../support/kernels.js';
import { shapeText } from '../support/shapes.js';

/** Targets of a loss, each in range or ignored. */
export interface Targets {
  /** A copy. */
  readonly ids: Int32Array;
  /** Number of targets that are not ignored. */
  readonly counted: number;
}

/**
 * @param shape the shape that targets must have
 * @param inputs description of the inputs, as given and as expected, for messages
 * @throws Error naming the first target that is neither a class nor `ignoreIndex`
 */
export function checkTargets(
  name: string,
  targets: tf.Tensor,
  shape: readonly number[],
  classes: number,
  ignoreIndex: number,
  inputs: { given: string; expected: string },
): Targets {
  if (targets.dtype !== 'int32') {
    throw new Error(`${name}: targets of type ${targets.dtype}, expected int32`);
  }
  if (targets.shape.length !== shape.length || shape.some((size, i) => size !== targets.shape[i])) {
    throw new Error(
      `${name}: ${inputs.given} and targets ${shapeText(targets.shape)}, expected ${inputs.expected} and targets [...]`,
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
