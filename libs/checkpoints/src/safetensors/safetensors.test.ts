import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { golden, goldenJson } from '@lilformer/testing';
import { DTYPES, type DType, type NamedArray } from '../named-array.js';
import { toFloat32 } from '../to-float32.js';
import { parseSafetensors, serializeSafetensors } from './safetensors-bytes.js';
import { openSafetensors, readSafetensors } from './safetensors.js';
import { writeSafetensors } from './write-safetensors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const fixture = (name: string): URL => new URL(`../../fixtures/${name}`, import.meta.url);

/** Bytes of a file with this header and `dataSize` bytes of data. */
function file(header: string, dataSize = 0, length: bigint | number = Buffer.byteLength(header)): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([head, Buffer.from(header), Buffer.alloc(dataSize)]);
}

const entry = (start: number, end: number, shape: unknown = [(end - start) / 4], dtype = 'F32'): string =>
  JSON.stringify({ dtype, shape, data_offsets: [start, end] });

const anyTensors = fc
  .dictionary(
    fc
      .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '1', '0', 'a.b'))
      .filter(
        // lone surrogates have no UTF-8
        (name) => name !== '__metadata__' && Buffer.from(name).toString() === name,
      ),
    fc
      .tuple(
        fc.constantFrom(...(Object.keys(DTYPES) as DType[])),
        fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
        fc.uint8Array({ minLength: 64 * 8, maxLength: 64 * 8 }),
      )
      .map(([dtype, shape, bytes]): NamedArray => {
        const count = shape.reduce((product, size) => product * size, 1);
        return {
          dtype,
          shape,
          data: new DTYPES[dtype](bytes.buffer.slice(0, count * DTYPES[dtype].BYTES_PER_ELEMENT)),
        };
      }),
    { maxKeys: 6 },
  )
  .map((object) => Object.entries(object));

describe('safetensors', () => {
  it('preserves any arrays bit for bit, as bytes and as a file', async () => {
    const path = join(folder, 'any.safetensors');
    await fc.assert(
      fc.asyncProperty(anyTensors, async (tensors) => {
        const bytes = serializeSafetensors(tensors, { step: '3' });
        for (const { tensors: read, metadata } of [
          parseSafetensors(bytes),
          (await writeSafetensors(path, tensors, { step: '3' }), await readSafetensors(path)),
        ]) {
          expect({ ...metadata }).toEqual({ step: '3' });
          expect(new Set(read.keys())).toEqual(new Set(tensors.map(([name]) => name)));
          for (const [name, array] of tensors) {
            const back = read.get(name)!;
            expect([back.dtype, back.shape]).toEqual([array.dtype, array.shape]);
            expect(Buffer.from(back.data.buffer).equals(Buffer.from(array.data.buffer))).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads one array at a time by ranges', async () => {
    const path = join(folder, 'ranges.safetensors');
    await writeSafetensors(path, [
      ['a', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }],
      ['b', { dtype: 'I64', shape: [], data: BigInt64Array.of(-5n) }],
    ]);
    const opened = await openSafetensors(path);
    expect(opened.entries.get('b')).toEqual({ dtype: 'I64', shape: [], start: 0, end: 8 });
    expect((await opened.read('a')).data).toEqual(Float32Array.of(1, 2));
    await expect(opened.read('c')).rejects.toThrow(`${path}: no array "c". It has b, a.`);
    await opened.close();
  });

  it('reads some rows of an array', async () => {
    const path = join(folder, 'rows.safetensors');
    const data = Uint16Array.from({ length: 24 }, (_, i) => i);
    await writeSafetensors(path, [['a', { dtype: 'BF16', shape: [4, 3, 2], data }]]);
    const opened = await openSafetensors(path);
    const some = await opened.read('a', { first: 1, count: 2 });
    expect(some).toEqual({ dtype: 'BF16', shape: [2, 3, 2], data: data.slice(6, 18) });
    expect((await opened.read('a', { first: 4, count: 0 })).data).toHaveLength(0);
    for (const rows of [
      { first: 3, count: 2 },
      { first: -1, count: 1 },
      { first: 0.5, count: 1 },
    ]) {
      await expect(opened.read('a', rows)).rejects.toThrow(/outside an array of shape \[4, 3, 2\]/);
    }
    await opened.close();
  });

  it('writes a view of a larger buffer, not the buffer', () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { tensors } = parseSafetensors(serializeSafetensors([['a', { dtype: 'F32', shape: [2], data }]]));
    expect(tensors.get('a')!.data).toEqual(Float32Array.of(1, 2));
  });

  it('keeps the old file, without a temporary one, when the arrays are invalid', async () => {
    const path = join(folder, 'kept.safetensors');
    await writeFile(path, 'old');
    const wrong: NamedArray = { dtype: 'F32', shape: [3], data: new Float32Array(2) };
    await expect(writeSafetensors(path, [['w', wrong]])).rejects.toThrow(
      'array "w": shape [3] does not match 2 elements',
    );
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(folder)).filter((name) => name.includes('kept'))).toEqual(['kept.safetensors']);
  });

  it('does not write what could not be read', () => {
    const good: NamedArray = { dtype: 'F32', shape: [], data: new Float32Array(1) };
    expect(() => serializeSafetensors([['__metadata__', good]])).toThrow('reserves this name');
    expect(() => serializeSafetensors([['a', good], ['a', good]])).toThrow('array "a": duplicate name'); // prettier-ignore
    expect(() => serializeSafetensors([['a', { ...good, dtype: 'F16' }]])).toThrow(
      'Float32Array does not match dtype F16. Expected Uint16Array',
    );
    expect(() => serializeSafetensors([['a', { ...good, dtype: 'F4' as DType }]])).toThrow(
      'Float32Array does not match dtype F4. Expected one of BOOL, U8',
    );
    expect(() => serializeSafetensors([['a', good]], { n: 1 as unknown as string })).toThrow(
      'metadata "n" is a number. Expected a string',
    );
  });
});

describe('hostile safetensors headers', () => {
  it.each<[string, Uint8Array, string | RegExp]>([
    ['empty', new Uint8Array(0), / 0 bytes are too few|the file is empty/],
    ['seven bytes', new Uint8Array(7), '7 bytes are too few'],
    ['header length 0', file('', 8, 0), /declares a header of 0 bytes|begins with zeros only/],
    [
      'header length 2^63',
      file('{}', 0, 2n ** 63n),
      'declares a header of 9223372036854775808 bytes. The safetensors format allows',
    ],
    [
      'header length 2^64 - 1',
      file('{}', 0, 2n ** 64n - 1n),
      'declares a header of 18446744073709551615 bytes',
    ],
    ['header beyond the file', file('{}', 0, 3), 'declares a header of 3 bytes, but has 10 bytes'],
    ['no JSON', file('{"a"'), 'the header: not JSON'],
    [
      'bad UTF-8',
      file('').length ? Buffer.concat([file('', 0, 5), Buffer.from('7b22ff227d', 'hex')]) : file(''),
      'the header is not UTF-8',
    ],
    ['an array', file('[]'), 'not a JSON object'],
    ['spaces first', file(' {}'), 'not a JSON object'],
    ['a duplicate name', file(`{"a":${entry(0, 4)},"a":${entry(4, 8)}}`, 8), '"a" occurs twice'],
    [
      'a duplicate name, escaped',
      file(`{"a":${entry(0, 4)},"\\u0061":${entry(4, 8)}}`, 8),
      '"a" occurs twice',
    ],
    [
      'a duplicate field',
      file('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4),
      '"shape" occurs twice',
    ],
    ['duplicate metadata', file('{"__metadata__":{},"__metadata__":{}}'), '"__metadata__" occurs twice'],
    ['metadata number', file('{"__metadata__":{"a":1}}'), '__metadata__ entry "a" is not a string'],
    ['metadata list', file('{"__metadata__":[]}'), '__metadata__ is invalid. Expected an object'],
    ['no object', file('{"a":1}'), 'array "a": invalid entry. Expected an object'],
    [
      'a type that is no string',
      file(`{"a":${entry(0, 4).replace('"F32"', '7')}}`, 4),
      'dtype "7" is invalid',
    ],
    [
      'negative size',
      file(`{"a":${entry(0, 4, [-1])}}`, 4),
      'array "a": shape "[-1]" is invalid. Expected integers',
    ],
    ['fractional size', file(`{"a":${entry(0, 4, [1.5])}}`, 4), 'shape "[1.5]"'],
    ['string as a size', file(`{"a":${entry(0, 4, ['1'])}}`, 4), 'Expected integers'],
    ['shape that is not a list', file(`{"a":${entry(0, 4, 1)}}`, 4), 'shape "1"'],
    ['product overflow', file(`{"a":${entry(0, 0, [2 ** 32, 2 ** 32, 2 ** 32])}}`), 'below 2^53'],
    ['overflow hidden by a zero', file(`{"a":${entry(0, 0, [2 ** 52, 2 ** 52, 0])}}`), 'below 2^53'],
    [
      'size beyond the data',
      file(`{"a":${entry(0, 4 * 2 ** 40)}}`, 8),
      'array "a": data_offsets [0, 4398046511104] are outside the 8 bytes',
    ],
    [
      'size and shape disagree',
      file(`{"a":${entry(0, 8, [3])}}`, 8),
      'array "a": has 8 bytes, but F32 of shape [3] takes 12',
    ],
    [
      'an array far beyond the end',
      file(`{"a":${entry(94528512, 103965696, [2359296])}}`, 4),
      'data_offsets [94528512, 103965696] are outside the 4 bytes',
    ],
    ['offsets swapped', file(`{"a":${entry(4, 0, [1])}}`, 4), 'data_offsets [4, 0]'],
    ['offsets negative', file(`{"a":${entry(-4, 0, [1])}}`, 4), 'data_offsets "[-4,0]"'],
    [
      'three offsets',
      file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', 4),
      'Expected [start, end]',
    ],
    ['no offsets', file('{"a":{"dtype":"F32","shape":[1]}}', 4), 'data_offsets "missing"'],
    ['overlap', file(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12), 'array "b" overlaps'],
    ['same position', file(`{"a":${entry(0, 4)},"b":${entry(0, 4)}}`, 4), 'array "b" overlaps'],
    [
      'hole',
      file(`{"a":${entry(0, 4)},"b":${entry(8, 12)}}`, 12),
      'array "b" leaves 4 bytes before it unused',
    ],
    ['unused data', file(`{"a":${entry(0, 4)}}`, 12), '8 bytes after the last array are unused'],
    [
      'deep nesting',
      file('{"a":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'),
      'nested more than 100 levels deep',
    ],
  ])('%s', async (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow(message);
    expect(() => parseSafetensors(bytes, 'x.safetensors')).toThrow(/^x\.safetensors: /);
    const path = join(folder, 'hostile.safetensors');
    await writeFile(path, bytes);
    await expect(readSafetensors(path)).rejects.toThrow(message);
  });

  it('reads __proto__ as an ordinary name', () => {
    const { tensors, metadata } = parseSafetensors(
      file(`{"__metadata__":{"__proto__":"m"},"__proto__":${entry(0, 4)}}`, 4),
    );
    expect([...tensors.keys()]).toEqual(['__proto__']);
    expect(Object.entries(metadata)).toEqual([['__proto__', 'm']]);
  });

  it('names the file that it cannot open', async () => {
    await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(
      `${join(folder, 'none')}: no such file`,
    );
    await expect(openSafetensors(folder)).rejects.toThrow('is a folder, device or pipe. Expected a file');
  });

  // As the reference reads them.
  it('reads null as metadata, and ignores unknown fields', () => {
    const field = entry(0, 4).replace('}', ',"x":{}}');
    const { tensors, metadata } = parseSafetensors(file(`{"__metadata__":null,"a":${field}}`, 4));
    expect([...tensors.keys(), ...Object.keys(metadata)]).toEqual(['a']);
  });

  it('reads the other arrays when the type of one is not supported', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const path = join(folder, 'types.safetensors');
    const other = entry(4, 8, [8], 'F4');
    const odd = entry(8, 12, [1], 'constructor');
    await writeFile(path, file(`{"a":${entry(0, 4)},"b":${other},"c":${odd},"d":${entry(12, 16)}}`, 16));
    expect([...(await readSafetensors(path)).tensors.keys()]).toEqual(['a', 'd']);
    expect(warn.mock.calls).toEqual([
      [`${path}: skipped arrays whose types are not supported: "b" (F4), "c" (constructor)`],
    ]);
    warn.mockRestore();
  });

  it('reads zero-size arrays with long dimensions', () => {
    const { tensors } = parseSafetensors(file(`{"a":${entry(0, 0, [1e9, 0])}}`));
    expect(tensors.get('a')).toEqual({ dtype: 'F32', shape: [1e9, 0], data: new Float32Array(0) });
  });

  it('gives an error that names the file, or valid arrays, for any damaged file', () => {
    const valid = serializeSafetensors(
      [
        ['layer.weight', { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) }],
        ['layer.bias', { dtype: 'BF16', shape: [3], data: new Uint16Array(3) }],
        ['ids', { dtype: 'I64', shape: [], data: new BigInt64Array(1) }],
      ],
      { format: 'pt' },
    );
    const damage = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('set'), at: fc.nat(valid.length - 1), value: fc.nat(255) }),
        fc.record({ kind: fc.constant('cut'), at: fc.nat(valid.length), value: fc.constant(0) }),
        fc.record({ kind: fc.constant('insert'), at: fc.nat(valid.length), value: fc.nat(255) }),
        fc.record({
          kind: fc.constant('digit'),
          at: fc.nat(valid.length - 1),
          value: fc.integer({ min: 48, max: 57 }),
        }),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(damage, (steps) => {
        let bytes = Buffer.from(valid);
        for (const { kind, at, value } of steps) {
          if (kind === 'cut') bytes = bytes.subarray(0, at);
          else if (kind === 'insert')
            bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at)]);
          else if (at < bytes.length) bytes[at] = value;
        }
        try {
          const { tensors } = parseSafetensors(bytes, 'damaged.safetensors');
          for (const { shape, data } of tensors.values())
            expect(data.length).toBe(shape.reduce((p, n) => p * n, 1));
        } catch (error) {
          expect((error as Error).message).toMatch(/^damaged\.safetensors: /);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("against Python's safetensors", () => {
  it('writes the bytes of the reference implementation', async () => {
    for (const name of ['types', 'order']) {
      const bytes = await readFile(fixture(`${name}.safetensors`));
      const { tensors, metadata } = parseSafetensors(bytes);
      const shuffled = [...tensors].sort(([a], [b]) => a.length - b.length || (a < b ? 1 : -1));
      expect(Buffer.from(serializeSafetensors(shuffled, metadata)).equals(bytes)).toBe(true);
    }
  });
});

describe('golden safetensors', () => {
  it('has the values of every type', async () => {
    const { tensors } = await readSafetensors(golden('formats/tensors.safetensors'));
    const expected =
      goldenJson<Record<string, { dtype: string; shape: number[]; values: (number | string)[] }>>(
        'formats/tensors.json',
      );
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { dtype, shape, values }] of Object.entries(expected)) {
      const array = tensors.get(name)!;
      expect([array.dtype, array.shape]).toEqual([dtype, shape]);
      const exact = ['F64', 'I64', 'I32'].includes(dtype)
        ? Array.from(array.data, Number)
        : [...toFloat32(array)];
      expect(exact, name).toEqual(
        values.map((v) => (typeof v === 'string' ? Number(v.replace('inf', 'Infinity')) : v)),
      );
    }
  });
});
