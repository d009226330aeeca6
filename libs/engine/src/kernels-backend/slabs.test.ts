import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from './block.js';
import { OwnBuffers } from './own-buffers.js';
import { Slabs } from './slabs.js';

const MB = 2 ** 20;
/** Buffers that are never written, so that none of their pages is there. */
const slabs = (): Slabs => new Slabs(new OwnBuffers(() => 48));
const end = ({ offset, bytes }: Block): number => offset + bytes;

describe('slabs', () => {
  it('allocate disjoint blocks, first-fit', () => {
    const command = fc.record({ bytes: fc.integer({ min: 1, max: 40 * 2 ** 14 }), release: fc.nat() });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const memory = slabs();
        const held: Block[] = [];
        for (const { bytes, release } of commands) {
          if (release % 3 === 0 && held.length > 0) {
            memory.release(held.splice(release % held.length, 1)[0]);
            continue;
          }
          const size = bytes * 64;
          const growth = memory.growth(size);
          const before = memory.reached;
          const block = memory.take(size, 0);
          expect(block.bytes).toBe(size);
          expect(block.offset % 64).toBe(48);
          expect(memory.reached).toBe(before + growth);
          const beside = held.filter(({ buffer }) => buffer === block.buffer);
          for (const other of beside) {
            expect(end(other) <= block.offset || end(block) <= other.offset).toBe(true);
          }
          // No lower place in the same buffer would have done.
          const places = [48, ...beside.map(end)].filter((offset) => offset < block.offset);
          for (const offset of places) {
            expect(beside.some((other) => other.offset < offset + size && offset < end(other))).toBe(true);
          }
          held.push(block);
        }
      }),
    );
  });

  it('merge free blocks', () => {
    const memory = slabs();
    const blocks = [1, 2, 3].map(() => memory.take(8 * MB, 0));
    const { reached } = memory;
    for (const block of blocks) memory.release(block);
    expect(memory.take(20 * MB, 0).offset).toBe(blocks[0].offset);
    expect(memory.take(4 * MB, 0).offset).toBe(blocks[0].offset + 20 * MB);
    expect(memory.reached).toBe(reached);
  });

  it('allocate a buffer for a block larger than any slab', () => {
    const memory = slabs();
    expect(memory.take(600 * MB, 0).bytes).toBe(600 * MB);
    expect(memory.reached).toBe(600 * MB);
  });

  it('allocate a smaller buffer when a whole slab is too large', () => {
    const limited = new OwnBuffers(() => 48);
    const allocate = limited.allocate.bind(limited);
    limited.allocate = (bytes) => {
      if (bytes > 3 * MB) throw new RangeError('no room');
      return allocate(bytes);
    };
    const memory = new Slabs(limited);
    expect(memory.take(2 * MB, 0).bytes).toBe(2 * MB);
    expect(() => memory.take(4 * MB, 0)).toThrow('no room');
  });

  it('find the block of an array, and recreate a freed one', () => {
    const memory = slabs();
    const block = memory.take(2 * MB, 0);
    const part = new Uint8Array(block.buffer, block.offset + 100, 1000);
    expect(memory.blockOf(part)).toBe(block);
    memory.release(block);
    const again = memory.blockOf(part)!;
    expect(again.offset).toBeLessThanOrEqual(part.byteOffset);
    expect(end(again)).toBeGreaterThanOrEqual(part.byteOffset + part.byteLength);
    expect((again.offset - 48) % 64).toBe(0);
    expect(memory.take(2 * MB, 0).offset).toBe(end(again));
    expect(memory.blockOf(new Uint8Array(10))).toBeUndefined();
    // What begins in free room and ends in a block of somebody else has no block.
    memory.release(again);
    expect(memory.blockOf(new Uint8Array(block.buffer, block.offset, 2000))).toBeUndefined();
  });

  it('are freed when unused', () => {
    const memory = slabs();
    const old = memory.take(60 * MB, 1);
    const recent = memory.take(60 * MB, 5);
    memory.release(old);
    memory.release(recent);
    memory.forget(3);
    expect(memory.reached).toBe(recent.bytes);
    memory.forget();
    expect(memory.reached).toBe(0);
  });
});
