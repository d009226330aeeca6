// The TensorFlow.js backend `native`: tfjs's own cpu backend, whose tensors are plain typed arrays, with those arrays
// in pooled memory. Leaves out the kernels: register-native.ts takes over cpu's and puts native ones over them.
//
// The one rule of memory: what is the pool's never leaves, what is not the pool's never enters. A caller who reads a
// tensor gets a copy of pooled memory; an array that came from a caller, or from a kernel in JavaScript, is handed
// out as it is and never written to or used again. Inside a kernel cpu's code sees the memory itself; where it makes
// a tensor of a part of another's (slice does), the block stays until both are gone.
import { DataOnIds } from './data-storage.js';
import type { NativeKernels } from './kernels.js';
import type { Addon } from './load.js';
import { BufferPool, type Block, type Numbers, type PooledType, type PoolStatistics } from './memory.js';
import { cpu, type tf } from './tf.js';

/** What the engine knows of a tensor's data. */
interface TensorData {
  values?: tf.backend_util.BackendValues;
  dtype: tf.DataType;
  refCount: number;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
  /** The pool's memory that `values` lies in. */
  block?: Block;
}

/** Number format of matrix products; sums are float32 in both. */
export type Precision = 'float32' | 'bf16';

/** tfjs's cpu backend on pooled memory, with the library's kernels at hand. */
export class NativeBackend extends cpu.MathBackendCPU {
  /** The library's functions. They check sizes and types; outputs must not share memory with other arguments. */
  readonly kernels: NativeKernels;
  /** How operations multiply matrices. `bf16` where the processor has no bf16 products is computed in float32. */
  precision: Precision = 'float32';
  declare data: tf.DataStorage<TensorData>;
  readonly #pool: BufferPool;
  /** How many kernels of cpu are running, one inside the other. */
  #inside = 0;

  constructor(library: Addon) {
    super();
    this.data = new DataOnIds<TensorData>(this);
    this.kernels = library;
    this.#pool = new BufferPool((array) => library.alignmentOf(array));
  }

  /**
   * The numbers of a tensor, where they are: to be read until the tensor is disposed of, and to be written only where
   * `output` made it or `mayOverwrite` allows. Brings data here from another backend.
   */
  values(dataId: tf.DataId): Numbers {
    const data = this.data.get(dataId);
    const { values, dtype } = data;
    const Kind = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array;
    if (values instanceof Kind) return values as Numbers;
    if (dtype === 'string' || dtype === 'complex64' || !values) {
      throw new Error(`a ${dtype} tensor has no numbers of its own; expected float32, int32 or bool`);
    }
    // cpu's kernels leave some results as plain arrays.
    const converted = Kind.from(values as ArrayLike<number>) as Numbers;
    this.#forget(data);
    data.values = converted;
    return converted;
  }

  /**
   * A tensor in pooled memory, with whatever was there before: every element is to be written.
   *
   * @throws Error naming the sizes when there is no memory for it, or they are none
   */
  output(shape: number[], dtype: PooledType): tf.TensorInfo {
    let size = 1;
    for (const each of shape) {
      if (!Number.isSafeInteger(each) || each < 0) {
        throw new Error(`shape [${shape.join(', ')}]: expected whole numbers of at least 0`);
      }
      size *= each;
    }
    let block: Block;
    try {
      block = this.#pool.take(dtype, size);
    } catch (error) {
      const { live } = this.#pool.statistics();
      throw new Error(
        `out of memory: a ${dtype} tensor of shape [${shape.join(', ')}] needs ` +
          `${amount(size * (dtype === 'bool' ? 1 : 4))}, beside ${amount(live)} in use; a smaller batch needs less`,
        { cause: error },
      );
    }
    const dataId = {};
    this.data.set(dataId, { values: block.array, dtype, refCount: 1, block });
    return { dataId, shape, dtype };
  }

  /** Whether nobody else can tell when this tensor's numbers change: its memory is the pool's, and its alone. */
  mayOverwrite(dataId: tf.DataId): boolean {
    const { refCount, block } = this.data.get(dataId);
    return refCount === 1 && block !== undefined && block.users === 1;
  }

  /** What the pool of buffers holds and has done. */
  poolStatistics(): PoolStatistics {
    return this.#pool.statistics();
  }

  /** Runs a kernel of cpu: what it reads is the memory itself, without a copy. */
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
    this.data.set(dataId, { values, dtype, refCount: 1, block: this.#blockOf(values) });
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    _shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    this.data.set(dataId, { values, dtype, refCount, block: this.#blockOf(values) });
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const { block } = this.data.get(dataId);
    const values = super.readSync(dataId);
    // complex64 is merged from two tensors: fresh already, or read through here.
    return block && this.#inside === 0 ? (values as Numbers).slice() : values;
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

  #blockOf(values: tf.backend_util.BackendValues | undefined): Block | undefined {
    return ArrayBuffer.isView(values) ? this.#pool.share(values) : undefined;
  }

  #forget(data: TensorData): void {
    if (!data.block) return;
    this.#pool.release(data.block);
    data.block = undefined;
  }
}

function amount(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MB` : `${(bytes / 2 ** 30).toFixed(2)} GB`;
}
