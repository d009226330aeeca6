// What an operation keeps for its gradient: tensors, or, for a large one that is cheap to compute again from others that
// are kept anyway, those others (Chen et al., arXiv:1604.06174, within an operation's reach). Leaves out which outputs
// are cheap: their operations say.
import { alias, tf } from '@lilformer/engine';

/** How to compute an output again. */
export interface Again {
  /** Which of the outputs; default the first. */
  output?: number;
  /** Outputs of fewer bytes are kept: computing takes time. */
  from: number;
  /** Which of the tensors that the operation saves it is computed from, by their places. */
  needs: readonly number[];
  /** Gives the output from those. */
  compute(...needed: tf.Tensor[]): tf.Tensor;
}

interface Recipe {
  readonly needed: readonly tf.Tensor[];
  readonly compute: Again['compute'];
}

/** Recipes of outputs, by the id of their data; useless once what they need is gone. */
const recipes = new WeakMap<object, Recipe>();

/** What one operation keeps, in the order in which it saved it. */
export class Kept {
  /** All that is held in memory, for the tape to dispose of; shared with it. */
  readonly tensors: tf.Tensor[] = [];
  #entries: (tf.Tensor | { shape: number[]; parts: tf.Tensor[]; compute: Again['compute'] })[] = [];

  /**
   * Keeps tensors.
   * @param own makes a tensor this operation's own, where it is not
   */
  fill(tensors: readonly tf.Tensor[], own: (tensor: tf.Tensor) => tf.Tensor): void {
    for (const tensor of tensors) {
      const recipe = recipes.get(tensor.dataId);
      if (recipe && recipe.needed.every(({ isDisposed }) => !isDisposed)) {
        const parts = recipe.needed.map(alias);
        this.tensors.push(...parts);
        this.#entries.push({ shape: tensor.shape, parts, compute: recipe.compute });
      } else {
        const mine = this.tensors.includes(tensor) ? alias(tensor) : own(tensor);
        this.tensors.push(mine);
        this.#entries.push(mine);
      }
    }
    for (const tensor of this.tensors) tensor.kept = true;
  }

  /** Lets those who save one of the outputs compute it again from what is kept here. */
  offer(outputs: readonly tf.Tensor[], { output = 0, from, needs, compute }: Again): void {
    const { dataId, size } = outputs[output];
    const needed = needs.map((place) => this.#entries[place]);
    if (size * 4 < from || needed.some((entry) => 'compute' in entry)) return;
    recipes.set(dataId, { needed: needed as tf.Tensor[], compute });
  }

  /** What was saved; what is computed again is new, and left to the scope around. */
  restored(): tf.Tensor[] {
    return this.#entries.map((entry) => {
      if (!('compute' in entry)) return entry;
      const again = entry.compute(...entry.parts);
      return again.shape.join() === entry.shape.join() ? again : tf.reshape(again, entry.shape);
    });
  }
}
