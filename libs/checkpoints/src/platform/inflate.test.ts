import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 as zlibCrc32, deflateRawSync } from 'node:zlib';
import * as browser from './inflate.browser.js';
import * as node from './inflate.node.js';

describe.each([
  ['Node', node],
  ['a page', browser],
])('zip entries in %s', (_, { inflateRaw, crc32 }) => {
  it('are decompressed, and checked by zlib’s checksum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const inflated = await inflateRaw(deflateRawSync(bytes), bytes.length);
        expect([...inflated]).toEqual([...bytes]);
        expect(inflated.buffer.byteLength).toBe(inflated.length);
        expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('are refused when damaged, or when they hold more than expected', async () => {
    const deflated = deflateRawSync(new Uint8Array(100_000));
    await expect(inflateRaw(deflated, 99_999)).rejects.toThrow();
    await expect(inflateRaw(Uint8Array.of(0xff, 0xff), 10)).rejects.toThrow();
  });
});
