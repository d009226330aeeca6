// Room for large arrays, cut out of a few very large buffers: what is free joins its free neighbours, so that memory of
// one shape serves the next, larger or smaller. The system gives a buffer's pages when they are first written, and the
// lowest room that is large enough is taken, so that a process has little more than was in use at a time. Leaves out
// who uses a block and how much memory there may be: that is memory.ts.
import { ALIGNMENT, type Block } from './block.js';

/** Size of the first slab; each next one is twice as large, up to the last of these. */
const FIRST = 64 * 2 ** 20;
const LARGEST = 512 * 2 ** 20;

/** One buffer, and the blocks in it that are in use, by offset. */
interface Slab {
  readonly buffer: ArrayBuffer;
  /** Where its aligned bytes begin, and the first offset behind them. */
  readonly start: number;
  readonly end: number;
  readonly blocks: Block[];
  /** First offset that no block has reached yet: the system has not given the pages behind it. */
  reached: number;
  /** When a block was last taken here. */
  lastTake: number;
}

/** A place where a block would go. */
interface Room {
  readonly slab: Slab;
  /** Place in the slab's blocks. */
  readonly place: number;
  readonly offset: number;
}

/** Large blocks. */
export class Slabs {
  readonly #allocate: (bytes: number) => ArrayBuffer;
  readonly #alignmentOf: (array: Float32Array) => number;
  readonly #of = new WeakMap<ArrayBufferLike, Slab>();
  #slabs: Slab[] = [];

  /**
   * @param allocate makes memory, or throws a RangeError
   * @param alignmentOf bytes from the start of an array to the next address that divides by 64
   */
  constructor(allocate: (bytes: number) => ArrayBuffer, alignmentOf: (array: Float32Array) => number) {
    this.#allocate = allocate;
    this.#alignmentOf = alignmentOf;
  }

  /** Bytes that blocks have reached since their slab was made, in use or not. */
  get reached(): number {
    return this.#slabs.reduce((sum, { start, reached }) => sum + reached - start, 0);
  }

  /** Bytes beyond `reached` that a block of this size would need. */
  growth(bytes: number): number {
    const room = this.#find(bytes);
    return room ? Math.max(0, room.offset + bytes - room.slab.reached) : bytes;
  }

  /**
   * A block without users.
   *
   * @param bytes a multiple of 64
   * @param now counts takes, for `forget`
   * @throws RangeError when there is no such memory
   */
  take(bytes: number, now: number): Block {
    const { slab, place, offset } = this.#find(bytes) ?? this.#extend(bytes);
    const block = blockAt(slab, offset, bytes);
    slab.blocks.splice(place, 0, block);
    slab.reached = Math.max(slab.reached, offset + bytes);
    slab.lastTake = now;
    return block;
  }

  /** Whether this block was taken here. */
  has(block: Block): boolean {
    return this.#of.has(block.buffer);
  }

  /** The block is free again. */
  release(block: Block): void {
    const { blocks } = this.#of.get(block.buffer)!;
    blocks.splice(blocks.indexOf(block), 1);
  }

  /**
   * The block in which an array lies. Where it lies in free room it gets a block of its own, without users; where
   * another block has been put over a part of it, or the memory is not of a slab here, there is none.
   */
  blockOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Block | undefined {
    const slab = this.#of.get(buffer);
    if (!slab) return undefined;
    const { blocks } = slab;
    const next = blocks.findIndex(({ offset }) => offset > byteOffset);
    const place = next < 0 ? blocks.length : next;
    const before = blocks[place - 1];
    if (before && byteOffset < before.offset + before.bytes) return before;
    const offset = byteOffset - ((byteOffset - slab.start) % ALIGNMENT);
    const bytes = Math.ceil(Math.max(1, byteOffset + byteLength - offset) / ALIGNMENT) * ALIGNMENT;
    if (place < blocks.length && offset + bytes > blocks[place].offset) return undefined;
    const block = blockAt(slab, offset, bytes);
    blocks.splice(place, 0, block);
    return block;
  }

  /** Gives up slabs of which nothing is in use, and nothing was taken at `since` or later. */
  forget(since = Infinity): void {
    this.#slabs = this.#slabs.filter((slab) => {
      const stays = slab.blocks.length > 0 || slab.lastTake >= since;
      if (!stays) this.#of.delete(slab.buffer);
      return stays;
    });
  }

  /** The lowest room. */
  #find(bytes: number): Room | undefined {
    for (const slab of this.#slabs) {
      let offset = slab.start;
      for (const [place, block] of slab.blocks.entries()) {
        if (block.offset - offset >= bytes) return { slab, place, offset };
        offset = block.offset + block.bytes;
      }
      if (slab.end - offset >= bytes) return { slab, place: slab.blocks.length, offset };
    }
    return undefined;
  }

  #extend(bytes: number): Room {
    const usual = Math.min(FIRST * 2 ** this.#slabs.length, LARGEST);
    let buffer: ArrayBuffer;
    try {
      buffer = this.#allocate(Math.max(usual, bytes) + 2 * ALIGNMENT);
    } catch (error) {
      if (bytes >= usual) throw error;
      buffer = this.#allocate(bytes + 2 * ALIGNMENT);
    }
    const start = this.#alignmentOf(new Float32Array(buffer, 0, 1)) || ALIGNMENT;
    const size = Math.floor((buffer.byteLength - start) / ALIGNMENT) * ALIGNMENT;
    const slab: Slab = { buffer, start, end: start + size, blocks: [], reached: start, lastTake: 0 };
    this.#slabs.push(slab);
    this.#of.set(buffer, slab);
    return { slab, place: 0, offset: start };
  }
}

function blockAt({ buffer }: Slab, offset: number, bytes: number): Block {
  return { buffer, offset, bytes, users: 0, array: new Uint8Array(buffer, offset, 0) };
}
