import { totalmem } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool, classBytes, memoryLimit, type Block } from './buffer-pool.js';
import { OwnBuffers } from './own-buffers.js';

/** Any offset will do here. */
const memory = (): OwnBuffers => new OwnBuffers(() => 48);
const MB = 2 ** 20;

/** Whether all bytes, or of many those at the ends and some between, are this. */
function allAre(bytes: Uint8Array, mark: number): boolean {
  const step = Math.ceil(bytes.length / 500);
  for (let i = 0; i < bytes.length; i += step) if (bytes[i] !== mark) return false;
  return bytes.length === 0 || bytes[bytes.length - 1] === mark;
}

describe('size classes', () => {
  it('are multiples of 64, large enough, and waste at most an eighth above 512 bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => {
        const size = classBytes(bytes);
        expect(size % 64).toBe(0);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(size).toBeGreaterThan(0);
        expect(size - bytes).toBeLessThanOrEqual(Math.max(64, bytes / 8));
        expect(classBytes(size)).toBe(size);
      }),
    );
  });
});

describe('the pool', () => {
  it('never hands out memory in use, for random takes, shares and releases', () => {
    const command = fc.record({
      what: fc.constantFrom('take', 'take', 'share', 'release', 'release', 'clear'),
      type: fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const),
      length: fc.oneof(
        fc.integer({ min: 0, max: 70 }),
        fc.constantFrom(1000, 1001, 1030, 5000, 2 ** 18, 300_000, 2 ** 20),
      ),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        const pool = new BufferPool(memory());
        const held: { block: Block; bytes: Uint8Array; mark: number }[] = [];
        let mark = 0;
        for (const { what, type, length, which } of commands) {
          const one = held[which % Math.max(1, held.length)];
          if (what === 'take') {
            const block = pool.take(type, length);
            const { array } = block;
            expect(array.length).toBe(length);
            const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
            bytes.fill(++mark % 251);
            held.push({ block, bytes, mark: mark % 251 });
          } else if (what === 'clear') {
            pool.clear();
            if (held.length === 0) expect(pool.statistics().idle).toBe(0);
          } else if (one && what === 'share') {
            const part = one.block.array.subarray(one.block.array.length >> 1);
            expect(pool.share(part)).toBe(one.block);
            held.push({ ...one, block: one.block });
          } else if (one) {
            pool.release(one.block);
            held.splice(held.indexOf(one), 1);
          }
          for (const { bytes, mark } of held) expect(allAre(bytes, mark)).toBe(true);
          const live = new Set(held.map(({ block }) => block));
          const expected = [...live].reduce((sum, { bytes }) => sum + bytes, 0);
          expect(pool.statistics().live).toBe(expected);
        }
      }),
    );
  });

  it('reuses memory, also for another type', () => {
    const pool = new BufferPool(memory());
    const first = pool.take('float32', 100);
    pool.release(first);
    const second = pool.take('bool', 400);
    expect(second).toBe(first);
    expect(second.array).toBeInstanceOf(Uint8Array);
    expect(pool.statistics()).toMatchObject({ taken: 2, fresh: 1, idle: 0 });
  });

  it('revives an idle block when an array in it is shared', () => {
    const pool = new BufferPool(memory());
    const block = pool.take('float32', 100);
    const part = block.array.subarray(20);
    pool.release(block);
    expect(pool.share(part)).toBe(block);
    expect(pool.take('float32', 100)).not.toBe(block);
  });

  it('ignores foreign and freed memory', () => {
    const pool = new BufferPool(memory());
    expect(pool.share(new Float32Array(8))).toBeUndefined();
    expect(pool.share(new Float32Array(new ArrayBuffer(64), 16))).toBeUndefined();
    const block = pool.take('float32', 100);
    const { array } = block;
    pool.release(block);
    pool.clear();
    expect(pool.share(array)).toBeUndefined();
  });

  it('rejects a double release', () => {
    const pool = new BufferPool(memory());
    const block = pool.take('int32', 1);
    pool.release(block);
    expect(() => pool.release(block)).toThrow('more often');
  });

  it('frees memory of unused shapes, and keeps that of a repeated step', () => {
    const pool = new BufferPool(memory());
    const step = (length: number): void => {
      const blocks = Array.from({ length: 8 }, () => pool.take('bool', length));
      for (const block of blocks) pool.release(block);
    };
    step(MB);
    for (let i = 0; i < 2000; i++) step(1000);
    expect(pool.statistics().idle).toBe(8 * classBytes(1000));
    const { fresh } = pool.statistics();
    for (let i = 0; i < 2000; i++) step(1000);
    expect(pool.statistics().fresh).toBe(fresh);
  });

  it('stays within 1.5 times the peak when shapes keep changing', () => {
    const pool = new BufferPool(memory());
    for (let i = 1; i <= 60; i++) {
      const blocks = Array.from({ length: 4 }, () => pool.take('bool', 2 * MB + i * (MB / 4)));
      for (const block of blocks) pool.release(block);
      const { live, idle, peak } = pool.statistics();
      expect(live + idle).toBeLessThanOrEqual(1.5 * peak + 32 * MB);
    }
  });

  it('respects the memory limit', () => {
    const pool = new BufferPool(memory(), 3 * MB);
    const held = pool.take('bool', MB);
    pool.release(pool.take('bool', 1.5 * MB));
    expect(() => pool.take('bool', 2.5 * MB)).toThrow('Expected at most 3145728');
    expect(pool.take('bool', 2 * MB).array.length).toBe(2 * MB);
    expect(held.users).toBe(1);
  });

  it('takes the limit from a number of MB', () => {
    expect(memoryLimit('512')).toBe(512 * MB);
    expect(memoryLimit('')).toBeLessThanOrEqual(0.9 * totalmem());
    expect(() => memoryLimit('many')).toThrow(
      'LILFORMER_MEMORY_LIMIT: "many". Expected a number of MB above 0.',
    );
  });

  it('frees idle memory before reporting out of memory', () => {
    let room = 3 * MB;
    const limited = memory();
    const allocate = limited.allocate.bind(limited);
    limited.allocate = (bytes) => {
      if (bytes > room) throw new RangeError('no room');
      room -= bytes;
      return allocate(bytes);
    };
    const pool = new BufferPool(limited);
    pool.release(pool.take('bool', MB));
    expect(() => pool.take('bool', 2.5 * MB)).toThrow('no room');
    expect(pool.statistics()).toMatchObject({ live: 0, idle: 0 });
    expect(pool.take('bool', MB).array.length).toBe(MB);
  });
});
