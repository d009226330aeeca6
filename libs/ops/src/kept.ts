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

/** A tensor, or the way to compute it again. */
type Entry = tf.Tensor | Recipe;

interface Recipe {
  readonly shape: number[];
  readonly needed: readonly Entry[];
  readonly compute: Again['compute'];
}

/** Recipes of outputs, by the id of their data; useless once what they need is gone. */
const recipes = new WeakMap<object, Recipe>();

/** What one operation keeps, in the order in which it saved it. */
export class Kept {
  /** All that is held in memory, for the tape to dispose of; shared with it. */
  readonly tensors: tf.Tensor[] = [];
  #entries: Entry[] = [];

  /**
   * Keeps tensors.
   * @param own makes a tensor this operation's own, where it is not
   */
  fill(tensors: readonly tf.Tensor[], own: (tensor: tf.Tensor) => tf.Tensor): void {
    const hold = (tensor: tf.Tensor): tf.Tensor => {
      this.tensors.push(tensor);
      return tensor;
    };
    const adopt = (entry: Entry): Entry =>
      isRecipe(entry) ? { ...entry, needed: entry.needed.map(adopt) } : hold(alias(entry));
    for (const tensor of tensors) {
      const recipe = recipes.get(tensor.dataId);
      if (recipe && isAlive(recipe))
        this.#entries.push({ ...(adopt(recipe) as Recipe), shape: tensor.shape });
      else this.#entries.push(hold(this.tensors.includes(tensor) ? alias(tensor) : own(tensor)));
    }
    for (const tensor of this.tensors) tensor.kept = true;
  }

  /** Lets those who save one of the outputs compute it again from what is kept here. */
  offer(outputs: readonly tf.Tensor[], { output = 0, from, needs, compute }: Again): void {
    const { dataId, size, shape } = outputs[output];
    if (size * 4 < from) return;
    recipes.set(dataId, { shape, needed: needs.map((place) => this.#entries[place]), compute });
  }

  /** What was saved; what is computed again is new, and left to the scope around. */
  restored(): tf.Tensor[] {
    return this.#entries.map(restore);
  }
}

function restore(entry: Entry): tf.Tensor {
  if (!isRecipe(entry)) return entry;
  const again = entry.compute(...entry.needed.map(restore));
  return tf.util.arraysEqual(again.shape, entry.shape) ? again : tf.reshape(again, entry.shape);
}

function isAlive(entry: Entry): boolean {
  return isRecipe(entry) ? entry.needed.every(isAlive) : !entry.isDisposed;
}

function isRecipe(entry: Entry): entry is Recipe {
  return 'compute' in entry;
}
