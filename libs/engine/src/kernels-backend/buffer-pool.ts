// The buffer pool of a backend. New memory costs a page fault per 4 KB, which is more than most operations on it.
// Blocks are aligned to 64 bytes and count their users. Small blocks come in size classes an eighth of a power of two apart;
// large ones come from slabs (slabs.ts).
import type { Region, TensorMemory } from '@lilformer/kernels';
import { ALIGNMENT, type Block, type Numbers } from './block.js';
import { Slabs } from './slabs.js';
import { machineMemory, variable } from '#machine';

export type { Block, Numbers } from './block.js';

/** Element types of pooled memory. */
export type PooledType = 'float32' | 'int32' | 'bool';

/** Statistics of the pool, in bytes. */
export interface PoolStatistics {
  /** In use by tensors. */
  readonly live: number;
  /** Held for reuse. */
  readonly idle: number;
  /** Maximum of `live`. */
  readonly peak: number;
  /** Number of blocks taken, and how many of them were allocated. */
  readonly taken: number;
  readonly fresh: number;
}

interface SizeClass {
  readonly bytes: number;
  readonly free: Block[];
  live: number;
  /** Maximum number of live blocks in this epoch, and in the previous one. */
  peak: number;
  before: number;
  lastTake: number;
}

/** Blocks of at least this size in bytes come from slabs. */
const LARGE = 2 ** 20;
/** Number of takes in an epoch. Blocks that were not needed in the last two epochs are freed. */
const EPOCH = 4096;
/** The pool may exceed 1.5 times its recent peak by this many bytes. */
const SLACK = 32 * 2 ** 20;

/** Size of the size class of a request: a multiple of 64, at most an eighth more than requested. */
export function classBytes(bytes: number): number {
  if (bytes <= ALIGNMENT) return ALIGNMENT;
  const step = Math.max(ALIGNMENT, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}

/** Memory for tensors, reused as soon as the last tensor in it is disposed. */
export class BufferPool {
  readonly #memory: TensorMemory;
  readonly #limit: number;
  readonly #classes = new Map<number, SizeClass>();
  /** Small blocks by buffer and offset. */
  readonly #blocks = new WeakMap<ArrayBufferLike, Map<number, Block>>();
  readonly #slabs: Slabs;
  /** In small blocks. */
  #live = 0;
  #idle = 0;
  /** In large blocks in use. */
  #large = 0;
  #peak = 0;
  #recentPeak = 0;
  #peakBefore = 0;
  #taken = 0;
  #fresh = 0;

  /** @param limit maximum size of the pool in bytes */
  constructor(memory: TensorMemory, limit = memoryLimit()) {
    this.#memory = memory;
    this.#limit = limit;
    this.#slabs = new Slabs(memory);
  }

  /**
   * Takes a block with one user, whose `array` has `length` uninitialized elements.
   *
   * @throws RangeError when out of memory, even after freeing all idle memory
   */
  take(type: PooledType, length: number): Block {
    const bytes = type === 'bool' ? length : length * 4;
    if (++this.#taken % EPOCH === 0) this.#endEpoch();
    const block = bytes < LARGE ? this.#takeSmall(classBytes(bytes)) : this.#takeLarge(bytes);
    block.array = viewOf(block, type, length);
    return block;
  }

  #takeSmall(size: number): Block {
    let kind = this.#classes.get(size);
    if (!kind) {
      kind = { bytes: size, free: [], live: 0, peak: 0, before: 0, lastTake: 0 };
      this.#classes.set(size, kind);
    }
    kind.lastTake = this.#taken;
    let block = kind.free.pop();
    if (block) this.#idle -= size;
    else block = this.#make(size);
    this.#use(kind, block);
    return block;
  }

  #takeLarge(asked: number): Block {
    const bytes = Math.ceil(asked / ALIGNMENT) * ALIGNMENT;
    const before = this.#slabs.reached;
    const block = this.#orCleared(() => {
      this.#expectRoom(this.#slabs.growth(bytes), asked);
      return this.#slabs.take(bytes, this.#taken);
    });
    if (this.#slabs.reached > before) this.#fresh++;
    this.#useLarge(block);
    return block;
  }

  /**
   * Adds a user to the block that contains this array, also if it is idle; undefined if the memory is not pooled. In a buffer
   * of several small blocks, it must be the start of one.
   */
  share(array: ArrayBufferView): Block | undefined {
    // Blocks never start at byte 0, and reading `buffer` of a small array moves its contents.
    if (array.byteOffset === 0) return undefined;
    const block = this.#smallBlockOf(array) ?? this.#slabs.blockOf(array);
    if (!block) return undefined;
    if (block.users > 0) {
      block.users++;
      return block;
    }
    if (block.isLarge) {
      this.#useLarge(block);
      return block;
    }
    const kind = this.#classes.get(block.bytes);
    const place = kind?.free.indexOf(block) ?? -1;
    if (!kind || place < 0) return undefined; // freed: only the array holds it
    kind.free.splice(place, 1);
    this.#idle -= block.bytes;
    this.#use(kind, block);
    return block;
  }

  /** Removes a user. */
  release(block: Block): void {
    if (--block.users > 0) return;
    if (block.users < 0) throw new Error('a buffer was released more often than taken');
    if (block.isLarge) {
      this.#slabs.release(block);
      this.#large -= block.bytes;
      return;
    }
    const kind = this.#classes.get(block.bytes)!;
    kind.live--;
    kind.free.push(block);
    this.#live -= block.bytes;
    this.#idle += block.bytes;
  }

  /** Memory that does not belong to the pool, which frees its idle memory if necessary. @throws RangeError when out of memory */
  outside(bytes: number): Region {
    return this.#orCleared(() => this.#memory.allocate(bytes));
  }

  /** Frees all idle memory, except in slabs that are partly in use. */
  clear(): void {
    for (const kind of this.#classes.values()) this.#drop(kind, kind.free.length);
    this.#slabs.forget();
  }

  statistics(): PoolStatistics {
    const live = this.#live + this.#large;
    return { live, idle: this.#held - live, peak: this.#peak, taken: this.#taken, fresh: this.#fresh };
  }

  /** Bytes of memory obtained from the operating system. */
  get #held(): number {
    return this.#live + this.#idle + this.#slabs.reached;
  }

  #use(kind: SizeClass, block: Block): void {
    block.users = 1;
    kind.peak = Math.max(kind.peak, ++kind.live);
    this.#live += kind.bytes;
    this.#recentPeak = Math.max(this.#recentPeak, this.#live);
    this.#peak = Math.max(this.#peak, this.#live + this.#large);
  }

  #useLarge(block: Block): void {
    block.users = 1;
    this.#large += block.bytes;
    this.#peak = Math.max(this.#peak, this.#live + this.#large);
  }

  #make(bytes: number): Block {
    this.#shrink(bytes);
    const { buffer, offset } = this.#orCleared(() => {
      this.#expectRoom(bytes, bytes);
      return this.#memory.allocate(bytes);
    });
    this.#fresh++;
    const array = new Uint8Array(buffer, offset, 0);
    const block: Block = { buffer, offset, bytes, isLarge: false, users: 0, array };
    const beside = this.#blocks.get(buffer);
    if (beside) beside.set(offset, block);
    else this.#blocks.set(buffer, new Map([[offset, block]]));
    return block;
  }

  /** Calls `ask`, and again after freeing all idle memory if it throws. */
  #orCleared<Result>(ask: () => Result): Result {
    try {
      return ask();
    } catch {
      this.clear();
      return ask();
    }
  }

  #smallBlockOf({ buffer, byteOffset }: ArrayBufferView): Block | undefined {
    const blocks = this.#blocks.get(buffer);
    const block = blocks?.get(byteOffset);
    if (block || blocks?.size !== 1) return block;
    const [only] = blocks.values();
    return only.offset <= byteOffset && byteOffset < only.offset + only.bytes ? only : undefined;
  }

  /** Checks the limit: the operating system overcommits memory and kills processes that use it. */
  #expectRoom(more: number, asked: number): void {
    if (this.#held + more <= this.#limit) return;
    throw new RangeError(
      `${this.#live + this.#large + asked} bytes of tensors. Expected at most ${this.#limit} (LILFORMER_MEMORY_LIMIT)`,
    );
  }

  /** Before an allocation: frees the least recently used classes if the pool would exceed its recent use. */
  #shrink(bytes: number): void {
    const recent = Math.max(this.#recentPeak, this.#peakBefore, this.#live + bytes);
    let surplus = this.#live + this.#idle + bytes - (1.5 * recent + SLACK);
    if (surplus <= 0) return;
    const coldest = [...this.#classes.values()].sort((a, b) => a.lastTake - b.lastTake);
    for (const kind of coldest) {
      const count = Math.min(kind.free.length, Math.ceil(surplus / kind.bytes));
      this.#drop(kind, count);
      surplus -= count * kind.bytes;
      if (surplus <= 0) return;
    }
  }

  #endEpoch(): void {
    for (const kind of this.#classes.values()) {
      this.#drop(kind, kind.live + kind.free.length - Math.max(kind.peak, kind.before));
      kind.before = kind.peak;
      kind.peak = kind.live;
      if (kind.live === 0 && kind.free.length === 0) this.#classes.delete(kind.bytes);
    }
    this.#slabs.forget(this.#taken - 2 * EPOCH);
    this.#peakBefore = this.#recentPeak;
    this.#recentPeak = this.#live;
  }

  #drop(kind: SizeClass, count: number): void {
    if (count <= 0) return;
    const dropped = kind.free.splice(0, count);
    this.#idle -= dropped.length * kind.bytes;
    for (const block of dropped) {
      this.#blocks.get(block.buffer)?.delete(block.offset);
      this.#memory.free(block);
    }
  }
}

/**
 * Maximum size of the pool in bytes: `LILFORMER_MEMORY_LIMIT` in MB, or 90 % of the machine's memory or of its container's
 * limit.
 *
 * @throws RangeError when the variable is not a positive number
 */
export function memoryLimit(given = variable('LILFORMER_MEMORY_LIMIT')): number {
  if (given !== undefined && given !== '') {
    const megabytes = Number(given);
    if (megabytes > 0) return megabytes * 2 ** 20;
    throw new RangeError(
      `LILFORMER_MEMORY_LIMIT: ${JSON.stringify(given)}. Expected a number of MB above 0.`,
    );
  }
  return 0.9 * machineMemory();
}

function viewOf(block: Block, type: PooledType, length: number): Numbers {
  const { array, buffer, offset } = block;
  if (array.length === length && array.byteOffset === offset && typeOf(array) === type) return array;
  if (type === 'float32') return new Float32Array(buffer, offset, length);
  if (type === 'int32') return new Int32Array(buffer, offset, length);
  return new Uint8Array(buffer, offset, length);
}

function typeOf(array: Numbers): PooledType {
  if (array instanceof Float32Array) return 'float32';
  return array instanceof Int32Array ? 'int32' : 'bool';
}
