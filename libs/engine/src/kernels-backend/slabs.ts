// First-fit allocation of large arrays from a few very large buffers. Free neighbors merge, so memory serves arrays of any
// size. The operating system provides a buffer's pages on first write, so a process holds little more than it used at a
// time.
import type { Region, TensorMemory } from '@lilformer/kernels';
import { ALIGNMENT, type Block } from './block.js';

/** Size of the first slab in bytes; each next one is twice as large, up to LARGEST. */
const FIRST = 64 * 2 ** 20;
const LARGEST = 512 * 2 ** 20;

/** A region and its blocks in use, sorted by offset. */
interface Slab {
  readonly region: Region;
  readonly end: number;
  readonly blocks: Block[];
  /** End of the bytes that blocks have used so far: later pages are not resident. */
  reached: number;
  /** Time of the last `take`. */
  lastTake: number;
}

/** A free range. */
interface Room {
  readonly slab: Slab;
  /** Index in the slab's blocks. */
  readonly place: number;
  readonly offset: number;
}

/** Large blocks. */
export class Slabs {
  readonly #memory: TensorMemory;
  #slabs: Slab[] = [];

  constructor(memory: TensorMemory) {
    this.#memory = memory;
  }

  /** Bytes that blocks have used so far, in use or not. */
  get reached(): number {
    return this.#slabs.reduce((sum, { region, reached }) => sum + reached - region.offset, 0);
  }

  /** Increase of `reached` for a block of this size. */
  growth(bytes: number): number {
    const room = this.#find(bytes);
    return room ? Math.max(0, room.offset + bytes - room.slab.reached) : bytes;
  }

  /**
   * Takes a block without users.
   *
   * @param bytes a multiple of 64
   * @param now time for `forget`
   * @throws RangeError when out of memory
   */
  take(bytes: number, now: number): Block {
    const { slab, place, offset } = this.#find(bytes) ?? this.#extend(bytes);
    const block = blockAt(slab, offset, bytes);
    slab.blocks.splice(place, 0, block);
    slab.reached = Math.max(slab.reached, offset + bytes);
    slab.lastTake = now;
    return block;
  }

  /** Frees a block. */
  release(block: Block): void {
    const { blocks } = this.#slabOf(block.buffer, block.offset)!;
    blocks.splice(blocks.indexOf(block), 1);
  }

  /**
   * The block that contains an array. An array in free memory gets a new block without users; undefined if another block
   * overlaps it, or the memory is not a slab's.
   */
  blockOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Block | undefined {
    const slab = this.#slabOf(buffer, byteOffset);
    if (!slab) return undefined;
    const { blocks } = slab;
    const next = blocks.findIndex(({ offset }) => offset > byteOffset);
    const place = next < 0 ? blocks.length : next;
    const before = blocks[place - 1];
    if (before && byteOffset < before.offset + before.bytes) return before;
    const offset = byteOffset - ((byteOffset - slab.region.offset) % ALIGNMENT);
    const bytes = Math.ceil(Math.max(1, byteOffset + byteLength - offset) / ALIGNMENT) * ALIGNMENT;
    if (place < blocks.length && offset + bytes > blocks[place].offset) return undefined;
    const block = blockAt(slab, offset, bytes);
    blocks.splice(place, 0, block);
    return block;
  }

  /** Frees slabs without blocks from which nothing was taken since `since`. */
  forget(since = Infinity): void {
    this.#slabs = this.#slabs.filter((slab) => {
      const stays = slab.blocks.length > 0 || slab.lastTake >= since;
      if (!stays) this.#memory.free(slab.region);
      return stays;
    });
  }

  #slabOf(buffer: ArrayBufferLike, offset: number): Slab | undefined {
    return this.#slabs.find(
      ({ region, end }) => region.buffer === buffer && region.offset <= offset && offset < end,
    );
  }

  /** The lowest free range of this size. */
  #find(bytes: number): Room | undefined {
    for (const slab of this.#slabs) {
      let { offset } = slab.region;
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
    let region: Region;
    try {
      region = this.#memory.allocate(Math.max(usual, bytes));
    } catch (error) {
      if (bytes >= usual) throw error;
      region = this.#memory.allocate(bytes);
    }
    const { offset } = region;
    const slab: Slab = { region, end: offset + region.bytes, blocks: [], reached: offset, lastTake: 0 };
    this.#slabs.push(slab);
    return { slab, place: 0, offset };
  }
}

function blockAt({ region: { buffer } }: Slab, offset: number, bytes: number): Block {
  return { buffer, offset, bytes, isLarge: true, users: 0, array: new Uint8Array(buffer, offset, 0) };
}
