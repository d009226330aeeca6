// The TensorFlow.js backend over an implementation of the kernels: tfjs's cpu backend with its typed arrays in pooled memory.
//
// Pooled memory never leaves the backend, and other memory never enters the pool. Reading a tensor copies pooled memory; an
// array from a caller or from a JavaScript kernel is never written to or reused. cpu's kernels see the memory itself; if one
// creates a tensor from a part of another's array (slices do), the block stays until both are disposed.
//
// Kernels may take arrays of their own memory only (WebAssembly); others are moved there when a kernel first uses them.
import type { Kernels, TensorMemory } from '@lilformer/kernels';
import { DataOnIds } from './data-storage.js';
import { BufferPool, type Block, type Numbers, type PooledType, type PoolStatistics } from './buffer-pool.js';
import type { Precision } from '../requested-options.js';
import type { tf } from '../tf.js';
import { cpu } from '#cpu';

/** The data of a tensor. */
interface TensorData {
  values?: tf.backend_util.BackendValues;
  dtype: tf.DataType;
  refCount: number;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
  /** The pooled memory that contains `values`. */
  block?: Block;
}

/** tfjs's cpu backend on pooled memory, with faster kernels. */
export class KernelsBackend extends cpu.MathBackendCPU {
  /** The name that it is registered by. */
  readonly name: string;
  /** They check sizes and types; outputs must not overlap other arguments. */
  kernels: Kernels;
  /** Precision of matrix products. */
  precision: Precision = 'float32';
  declare data: tf.DataStorage<TensorData>;
  readonly #memory: TensorMemory;
  readonly #pool: BufferPool;
  /** Number of nested cpu kernels in progress. */
  #inside = 0;

  constructor(name: string, { kernels, memory }: { kernels: Kernels; memory: TensorMemory }) {
    super();
    this.data = new DataOnIds<TensorData>(this);
    this.name = name;
    this.kernels = kernels;
    this.#memory = memory;
    this.#pool = new BufferPool(memory);
  }

  /**
   * The memory of a tensor, to be read until it is disposed, and to be written only if `output` made it or `mayOverwrite`
   * allows it. Moves data here from another backend, and into the memory of the kernels.
   */
  values(dataId: tf.DataId): Numbers {
    const data = this.data.get(dataId);
    const { values, dtype } = data;
    const Kind = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array;
    if (values instanceof Kind && this.#memory.contains(values)) return values as Numbers;
    if (dtype === 'string' || dtype === 'complex64' || !values) {
      throw new Error(`a ${dtype} tensor has no numbers; expected float32, int32 or bool`);
    }
    // Some of cpu's kernels return plain arrays.
    const block = this.#take(dtype as PooledType, values.length, [values.length]);
    block.array.set(values as ArrayLike<number>);
    this.#forget(data);
    data.values = block.array as tf.backend_util.BackendValues;
    data.block = block;
    return block.array;
  }

  /**
   * An uninitialized tensor in pooled memory.
   *
   * @throws Error naming the sizes when out of memory, or when they are invalid
   */
  output(shape: number[], dtype: PooledType): tf.TensorInfo {
    let size = 1;
    for (const each of shape) {
      if (!Number.isSafeInteger(each) || each < 0) {
        throw new Error(`shape [${shape.join(', ')}]: expected integers of at least 0`);
      }
      size *= each;
    }
    const block = this.#take(dtype, size, shape);
    const dataId = {};
    const values = block.array as tf.backend_util.BackendValues;
    this.data.set(dataId, { values, dtype, refCount: 1, block });
    return { dataId, shape, dtype };
  }

  /** A tensor of this shape over the elements of another from `start` on, in the same memory. */
  part({ dataId, dtype }: tf.TensorInfo, start: number, shape: number[]): tf.TensorInfo {
    const size = shape.reduce((product, each) => product * each, 1);
    const values = this.values(dataId).subarray(start, start + size) as tf.backend_util.BackendValues;
    const { block } = this.data.get(dataId);
    if (block) block.users++;
    const id = {};
    this.data.set(id, { values, dtype, refCount: 1, block });
    return { dataId: id, shape, dtype };
  }

  /** An array of zeros outside the pool, which kernels use in place and which lives until it is garbage. */
  zeros(length: number): Float32Array {
    if (!this.#memory.isOneBuffer) return new Float32Array(length);
    const region = this.#pool.outside(4 * length);
    const array = new Float32Array(region.buffer as ArrayBuffer, region.offset, length).fill(0);
    garbage.register(array, () => this.#memory.free(region));
    return array;
  }

  /** Whether the tensor's memory is pooled and not shared with another tensor. */
  mayOverwrite(dataId: tf.DataId): boolean {
    const { refCount, block } = this.data.get(dataId);
    return refCount === 1 && block !== undefined && block.users === 1;
  }

  /** Statistics of the buffer pool. */
  poolStatistics(): PoolStatistics {
    return this.#pool.statistics();
  }

  /** Runs a cpu kernel, whose reads are not copied. */
  runInside<Result>(kernel: () => Result): Result {
    this.#inside++;
    try {
      return kernel();
    } finally {
      this.#inside--;
    }
  }

  override write(values: tf.backend_util.BackendValues, _shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.#set(dataId, values, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.#set(dataId, values, dtype, refCount);
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const { block } = this.data.get(dataId);
    const values = super.readSync(dataId);
    // complex64 is merged from two tensors, which are read through this method.
    return block && this.#inside === 0
      ? ((values as Numbers).slice() as tf.backend_util.BackendValues)
      : values;
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const data = this.data.get(dataId);
    const gone = super.disposeData(dataId, force);
    if (gone) this.#forget(data);
    return gone;
  }

  override memory(): { unreliable: boolean; reasons: string[]; pool: PoolStatistics } {
    return { ...super.memory(), pool: this.#pool.statistics() };
  }

  override dispose(): void {
    this.#pool.clear();
  }

  /** A block of the pool. @throws Error naming the sizes when out of memory */
  #take(dtype: PooledType, size: number, shape: readonly number[]): Block {
    try {
      return this.#pool.take(dtype, size);
    } catch (error) {
      const { live } = this.#pool.statistics();
      throw new Error(
        `out of memory: a ${dtype} tensor of shape [${shape.join(', ')}] needs ` +
          `${amount(size * (dtype === 'bool' ? 1 : 4))}, beside ${amount(live)} in use. Use a smaller batch.`,
        { cause: error },
      );
    }
  }

  /** Sets the data of a tensor: an array with its block, or a copy of a part of a block whose buffer has others. */
  #set(dataId: tf.DataId, values: tf.backend_util.BackendValues, dtype: tf.DataType, refCount: number): void {
    let block: Block | undefined;
    if (ArrayBuffer.isView(values)) {
      block = this.#pool.share(values);
      if (!block && this.#memory.isOneBuffer && this.#memory.contains(values))
        values = (values as Numbers).slice() as tf.backend_util.BackendValues;
    }
    // All data have their properties in this order: access to them stays fast.
    this.data.set(dataId, { values, dtype, refCount, block });
  }

  #forget(data: TensorData): void {
    if (!data.block) return;
    this.#pool.release(data.block);
    data.block = undefined;
  }
}

/** Frees regions whose arrays are garbage. */
const garbage = new FinalizationRegistry<() => void>((free) => free());

function amount(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MB` : `${(bytes / 2 ** 30).toFixed(2)} GB`;
}
