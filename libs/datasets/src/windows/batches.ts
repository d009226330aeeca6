// Batches of windows in a computed order: the state is a few numbers, without a table of all windows.
import { Permutation, Random } from '@lilformer/random';
import { checkOptionNames } from '@lilformer/tokenizers';
import { readBatch, type Batch, type Windows } from './windows.js';

export interface BatchOptions {
  /** B, the number of windows per batch. */
  batchSize: number;
  /**
   * `'shuffled'`: every window once per epoch, in a different order each epoch; `'sequential'`: in order;
   * `'random'`: independent draws with replacement, without epochs.
   */
  order: 'shuffled' | 'sequential' | 'random';
  /** Seed of shuffled and random order. Default 0. */
  seed?: number | string;
  /** Drop the last batch of an epoch when it is not full. Default false. */
  dropLast?: boolean;
  /** Number of epochs. Default: 1 for sequential order, endless for shuffled. Not allowed for random order. */
  epochs?: number;
  /** Number of batches, counted from the start of the first epoch. Default: no limit. */
  limit?: number;
  /** Resume from this `state()` of batches over the same windows with the same options. */
  state?: BatchState;
}

const NAMES = Object.keys({
  batchSize: true,
  order: true,
  seed: true,
  dropLast: true,
  epochs: true,
  limit: true,
  state: true,
} satisfies Record<keyof BatchOptions, true>);

/** A position in the data, as plain JSON. */
export interface BatchState {
  /** Completed epochs. Always 0 in random order. */
  epoch: number;
  /** Batches yielded in this epoch. */
  position: number;
  seed: number | string;
  order: BatchOptions['order'];
  batchSize: number;
  dropLast: boolean;
  /** Number of windows and tokens per window. */
  windows: number;
  length: number;
}

/**
 * Creates an iterator over batches of windows, whose `state()` can be saved and restored: `batches(windows, {
 * ...options, state })` yields exactly the batches that would have come next.
 * @throws RangeError for an invalid option, or when there are too few windows for a batch
 * @throws Error when `state` belongs to other windows or options
 */
export function batches(windows: Windows, options: BatchOptions): Batches {
  return new Batches(windows, options);
}

/** An iterator over batches, created by `batches`. */
export class Batches implements IterableIterator<Batch> {
  /** Batches per epoch; Infinity in random order. */
  readonly batchesPerEpoch: number;
  readonly #windows: Windows;
  readonly #seed: number | string;
  readonly #order: BatchOptions['order'];
  readonly #batchSize: number;
  readonly #dropLast: boolean;
  readonly #epochs: number;
  readonly #limit: number;
  #epoch = 0;
  #position = 0;
  #permutation: Permutation | undefined;

  constructor(windows: Windows, options: BatchOptions) {
    checkOptionNames(options, NAMES);
    const { batchSize, order, seed = 0, dropLast = false, limit = Infinity } = options;
    const { epochs = order === 'sequential' ? 1 : Infinity, state } = options;
    checkCount('batchSize', batchSize);
    if (!['shuffled', 'sequential', 'random'].includes(order)) {
      throw new RangeError(`order ${JSON.stringify(order)}: expected 'shuffled', 'sequential' or 'random'`);
    }
    if (epochs !== Infinity) checkCount('epochs', epochs);
    if (order === 'random' && options.epochs !== undefined) {
      throw new RangeError('epochs: random order has none; use limit, a number of batches');
    }
    if (limit !== Infinity) checkCount('limit', limit);
    this.#windows = windows;
    this.#seed = seed;
    this.#order = order;
    this.#batchSize = batchSize;
    this.#dropLast = dropLast;
    this.#epochs = epochs;
    this.#limit = limit;
    const full = windows.count / batchSize;
    this.batchesPerEpoch = order === 'random' ? Infinity : dropLast ? Math.floor(full) : Math.ceil(full);
    if (windows.count === 0 || this.batchesPerEpoch === 0) {
      throw new RangeError(
        `${windows.count} windows make no batch of ${batchSize}: give more text, or a smaller batch` +
          (dropLast ? ', or keep the last, partial batch' : ''),
      );
    }
    if (state !== undefined) this.#restore(state);
  }

  /** Completed epochs. An epoch is complete when its last batch has been yielded. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Batches yielded in this epoch. */
  get position(): number {
    return this.#position;
  }

  /** Returns the position after the last batch. */
  state(): BatchState {
    return {
      epoch: this.#epoch,
      position: this.#position,
      seed: this.#seed,
      order: this.#order,
      batchSize: this.#batchSize,
      dropLast: this.#dropLast,
      windows: this.#windows.count,
      length: this.#windows.length,
    };
  }

  next(): IteratorResult<Batch, undefined> {
    const before = this.#epoch === 0 ? 0 : this.#epoch * this.batchesPerEpoch;
    if (this.#epoch >= this.#epochs || before + this.#position >= this.#limit) {
      return { done: true, value: undefined };
    }
    const value = readBatch(this.#windows, this.#indices());
    this.#position++;
    if (this.#position === this.batchesPerEpoch) {
      this.#epoch++;
      this.#position = 0;
      this.#permutation = undefined;
    }
    return { done: false, value };
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** Window indices of the next batch. */
  #indices(): number[] {
    const { count } = this.#windows;
    if (this.#order === 'random') {
      // One generator per batch, so that the position is the batch number alone.
      const random = new Random(`${this.#seed}/batch/${this.#position}`);
      return Array.from({ length: this.#batchSize }, () => random.integer(count));
    }
    const start = this.#position * this.#batchSize;
    const indices = Array.from({ length: Math.min(this.#batchSize, count - start) }, (_, i) => start + i);
    if (this.#order === 'sequential') return indices;
    const permutation = (this.#permutation ??= new Permutation(count, `${this.#seed}/epoch/${this.#epoch}`));
    return indices.map((index) => permutation.at(index));
  }

  #restore(state: BatchState): void {
    const here = this.state();
    for (const key of ['order', 'seed', 'batchSize', 'dropLast', 'windows', 'length'] as const) {
      if (state[key] !== here[key]) {
        throw new Error(
          `the saved place in the data has ${key} ${JSON.stringify(state[key])}, now it is ${JSON.stringify(here[key])}: ` +
            'it can only go on with the same data and settings',
        );
      }
    }
    const { epoch, position } = state;
    const whole = Number.isInteger(epoch) && Number.isInteger(position) && epoch >= 0 && position >= 0;
    if (!whole || position >= this.batchesPerEpoch) {
      throw new Error(
        `the saved place in the data, epoch ${epoch} position ${position}, is outside of an epoch of ${this.batchesPerEpoch} batches`,
      );
    }
    this.#epoch = epoch;
    this.#position = position;
  }
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} ${value}: expected a whole number of at least 1`);
  }
}
