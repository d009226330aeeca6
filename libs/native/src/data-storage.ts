// Where the backend finds a tensor's data: on the object that stands for it. tfjs's own storage asks a WeakMap twice for
// every look, some twenty times in the life of a tensor, which small operations feel.
import { tf } from './tf.js';

/** Keeps `Data` on its id, and fetches it from another backend where it is still there. */
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
    tf.engine().moveData(this.#backend, dataId); // which sets it
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
