// The tensors that an operation saves for its gradient. A large output that is cheap to recompute from other saved tensors
// is not saved itself (gradient checkpointing, Chen et al., arXiv:1604.06174).
import { tf } from '../tf.js';
import { alias } from './tape.js';

/** How to recompute an output of an operation. */
export interface Recompute {
  /** Smaller outputs are saved. */
  minBytes: number;
  /** Indices, among the tensors that the operation saves, of those that `compute` takes. */
  needs: readonly number[];
  /** Recomputes the first output. */
  compute(...saved: tf.Tensor[]): tf.Tensor;
}

type Entry = tf.Tensor | Recipe;

interface Recipe {
  readonly shape: number[];
  readonly inputs: readonly Entry[];
  readonly compute: Recompute['compute'];
}

/** Recipes by the data id of the output; useless once their inputs are disposed. */
const recipes = new WeakMap<object, Recipe>();

/** The tensors saved by one operation. */
export class SavedTensors {
  /** All tensors held in memory, which the tape disposes; shared with it. */
  readonly held: tf.Tensor[] = [];
  #entries: Entry[] = [];

  /** @param own returns a tensor that belongs to this operation, on the same memory */
  save(tensors: readonly tf.Tensor[], own: (tensor: tf.Tensor) => tf.Tensor): void {
    const hold = (tensor: tf.Tensor): tf.Tensor => {
      this.held.push(tensor);
      return tensor;
    };
    const adopt = (entry: Entry): Entry =>
      isRecipe(entry) ? { ...entry, inputs: entry.inputs.map(adopt) } : hold(alias(entry));
    for (const tensor of tensors) {
      const recipe = recipes.get(tensor.dataId);
      if (recipe && isAlive(recipe))
        this.#entries.push({ ...(adopt(recipe) as Recipe), shape: tensor.shape });
      else this.#entries.push(hold(this.held.includes(tensor) ? alias(tensor) : own(tensor)));
    }
    for (const tensor of this.held) tensor.kept = true;
  }

  /** Lets operations that save `output` recompute it from the tensors saved here. */
  offer({ dataId, size, shape }: tf.Tensor, { minBytes, needs, compute }: Recompute): void {
    if (size * 4 < minBytes) return;
    recipes.set(dataId, { shape, inputs: needs.map((i) => this.#entries[i]), compute });
  }

  /** The saved tensors; recomputed ones are new and belong to the current scope. */
  restore(): tf.Tensor[] {
    return this.#entries.map(restore);
  }
}

function restore(entry: Entry): tf.Tensor {
  if (!isRecipe(entry)) return entry;
  const tensor = entry.compute(...entry.inputs.map(restore));
  return tf.util.arraysEqual(tensor.shape, entry.shape) ? tensor : tf.reshape(tensor, entry.shape);
}

function isAlive(entry: Entry): boolean {
  return isRecipe(entry) ? entry.inputs.every(isAlive) : !entry.isDisposed;
}

function isRecipe(entry: Entry): entry is Recipe {
  return 'compute' in entry;
}
