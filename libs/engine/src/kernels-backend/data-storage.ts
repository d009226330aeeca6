// Stores a tensor's data on its id object. tfjs's own storage looks up a WeakMap some twenty times per tensor, which is
// noticeable in small operations.
import { tf } from '../tf.js';

/** Stores `Data` on its id, and moves it here from another backend on access. */
export class DataOnIds<Data extends object> extends tf.DataStorage<Data> {
  readonly #slot = Symbol('data');
  readonly #backend: tf.KernelBackend;
  #count = 0;

  constructor(backend: tf.KernelBackend) {
    super(backend, tf.engine());
    this.#backend = backend;
  }

  override get(dataId: Id<Data>): Data {
    const data = dataId[this.#slot];
    if (data) return data;
    tf.engine().moveData(this.#backend, dataId); // calls `set`
    return dataId[this.#slot]!;
  }

  override set(dataId: Id<Data>, data: Data): void {
    if (!dataId[this.#slot]) this.#count++;
    dataId[this.#slot] = data;
  }

  override has(dataId: Id<Data>): boolean {
    return dataId[this.#slot] !== undefined;
  }

  override delete(dataId: Id<Data>): boolean {
    if (!dataId[this.#slot]) return false;
    this.#count--;
    dataId[this.#slot] = undefined;
    return true;
  }

  override numDataIds(): number {
    return this.#count;
  }
}

type Id<Data> = Record<symbol, Data | undefined>;
