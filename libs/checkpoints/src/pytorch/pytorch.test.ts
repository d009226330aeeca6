// Unusual files of PyTorch, and hostile files.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ByteSource } from '../files/byte-source.js';
import type { NamedArray } from '../named-array.js';
import { readPyTorch, readPyTorchFrom, readWeights, type PlainValue } from './pytorch.js';
import { toFloat32 } from '../to-float32.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

function memory(bytes: Uint8Array): ByteSource {
  return {
    name: 'x.pt',
    size: bytes.length,
    read: (offset, length) => {
      if (offset < 0 || length < 0 || offset + length > bytes.length)
        return Promise.reject(new Error('x.pt: out of range'));
      return Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length)));
    },
    close: () => Promise.resolve(),
  };
}

const u16 = (value: number): Buffer => Buffer.of(value & 255, value >> 8);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** A zip file of stored entries; `deflate` compresses them. */
function zip(
  entries: [string, Uint8Array][],
  change: { crc?: number; size?: number; method?: number; deflate?: boolean } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const bytes = change.deflate ? deflateRawSync(content) : content;
    const head = Buffer.concat([
      u16(0),
      u16(change.deflate ? 8 : (change.method ?? 0)),
      u32(0),
      u32(change.crc ?? crc32(content)),
      u32(bytes.length),
      u32(change.size ?? content.length),
      u16(name.length),
      u16(0),
    ]);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), u16(20), head, Buffer.from(name), bytes]);
    directory.push(
      Buffer.from('PK\x01\x02'),
      u16(20),
      u16(20),
      head,
      Buffer.alloc(10),
      u32(offset),
      Buffer.from(name),
    );
    parts.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = [
    Buffer.from('PK\x05\x06'),
    u32(0),
    u16(entries.length),
    u16(entries.length),
    u32(size),
    u32(offset),
    u16(0),
  ];
  return Buffer.concat([...parts, ...directory, ...end]);
}

const list = (values: number[]): string => `(${values.map((value) => `L${value}L\n`).join('')}t`;

/** A checkpoint of one tensor with any metadata; its storage has four values. */
function checkpoint(claim: {
  shape?: number[];
  strides?: number[];
  offset?: string;
  elements?: string;
  times?: number;
}): Buffer {
  const { shape = [4], strides = [1], offset = 'I0\n', elements = 'I4\n', times = 1 } = claim;
  const storage = `(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\n${elements}tQ`;
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${offset}${list(shape)}${list(strides)}I00\nNtR`;
  const items = Array.from(
    { length: times },
    (_, i) => `S'${i}'\n${tensor.replace(list(shape), list([...shape.slice(0, -1), shape.at(-1)! - i]))}`,
  );
  const pickle = Buffer.from(`(${items.join('')}d.`);
  return zip([
    ['a/data.pkl', pickle],
    ['a/data/0', new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)],
  ]);
}

const refuse = (bytes: Uint8Array, message: string | RegExp): Promise<void> =>
  expect(readPyTorchFrom(memory(bytes))).rejects.toThrow(message);

describe('readPyTorch', () => {
  it.each(['values-2.pt', 'values-5.pt'])(
    '%s: newer types, sets, bytes, devices, large integers',
    async (name) => {
      const value = (await readPyTorch(fixture(name))) as Record<string, PlainValue>;
      const array = (key: string): NamedArray => value[key] as NamedArray;
      expect(array('uint16')).toEqual({ dtype: 'U16', shape: [3], data: Uint16Array.of(0, 1, 65535) });
      expect(array('uint32')).toEqual({ dtype: 'U32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) });
      expect(array('uint64')).toEqual({ dtype: 'U64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) });
      expect(array('viewed')).toEqual({ dtype: 'U16', shape: [2], data: Uint16Array.of(1, 65535) });
      expect([...toFloat32(array('e4m3'))]).toEqual([1.5, -448, 2 ** -9]);
      expect([...toFloat32(array('e5m2'))]).toEqual([1.5, Infinity, 2 ** -16]);
      expect(value.bytes).toEqual(Uint8Array.of(0, 255));
      expect(value.no_bytes).toEqual(new Uint8Array(0));
      expect(value.bytearray).toEqual(Uint8Array.of(97, 98));
      expect(value.set).toEqual(new Set([1, 2]));
      expect(value.frozen).toEqual(new Set(['x']));
      expect([value.size, value.cpu, value.cuda, value.dtype]).toEqual([
        [2, 3],
        'cpu',
        'cuda:1',
        'torch.bfloat16',
      ]);
      expect({ ...(value.default as object) }).toEqual({ a: [1] });
      expect(Object.entries(value.ordered as object)).toEqual([['b', 1], ['a', 2]]); // prettier-ignore
      expect(value.integers).toEqual([
        2 ** 53 - 1,
        2n ** 53n,
        -(2n ** 53n),
        -(2 ** 40),
        2n ** 63n,
        -(2n ** 100n),
        -1,
        -128,
        -32769,
      ]);
      expect(Object.keys(value)).toContain('__proto__');
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(value.nan).toBeNaN();
      expect((value.cycle as PlainValue[])[0]).toBe(value.cycle);
    },
  );

  it.each(['deflated.pt', 'piped.pt'])('%s: repacked by another program', async (name) => {
    const weights = await readWeights(fixture(name));
    expect(weights.get('weight')).toEqual({
      dtype: 'F32',
      shape: [2, 3],
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
    });
    expect(weights.get('zeros')!.data).toEqual(new Float32Array(300));
  });

  it.each([
    ['evil.pt', 'refers to "posix.system". Expected only tensors and plain containers'],
    ['evil-legacy.pt', 'refers to "posix.system"'],
    ['module.pt', 'refers to "torch.nn.modules.linear.Linear"'],
    ['plain.pkl', 'a pickle that is not from torch.save'],
    ['script.pt', 'a TorchScript program'],
    ['make-pytorch.py', 'a file that is not from torch.save'],
  ])('%s is an error: %s', async (name, message) => {
    await expect(readPyTorch(fixture(name))).rejects.toThrow(message);
    await expect(readWeights(fixture(name))).rejects.toThrow(fixture(name));
    expect(existsSync('/tmp/checkpoints-evil')).toBe(false);
  });

  // Values that torch.load gives.
  it('negative.pt: views with the negative bit', async () => {
    const value = (await readPyTorch(fixture('negative.pt'))) as Record<string, NamedArray>;
    const numbers = Object.entries(value).map(([name, array]) => [name, [...toFloat32(array)]]);
    const base = [0, 1, 2, 3, 4, 5];
    expect(Object.fromEntries(numbers)).toEqual({
      ...Object.fromEntries(['float64', 'float32', 'float16', 'bfloat16'].map((type) => [type, [-1, 2, -0]])),
      ...Object.fromEntries(['int64', 'int32', 'int16', 'int8'].map((type) => [type, [-1, 2, 0]])),
      uint8: [255, 2, 0],
      transposed: [-0, -3, -1, -4, -2, -5],
      base,
      twice: base,
      parameter: base.map((number) => -number),
      imag: [-2, 4],
    });
  });

  it.each(['objects-2.pt', 'objects-5.pt', 'objects-legacy-1.pt', 'objects-legacy-4.pt'])(
    '%s: plain values of Python are read, objects skipped with a warning',
    async (name) => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue();
      const { weight, tied, ...value } = (await readPyTorch(fixture(name))) as Record<string, NamedArray>;
      expect([weight.data, tied.data]).toEqual([Float32Array.of(1, 0, 0, 1), weight.data]);
      expect(JSON.parse(JSON.stringify(value))).toEqual({
        keys: { True: 1, False: 2, None: 3, '0.5': 4, x: 5 },
        same: { 1: 'string' },
        default: { a: 1 },
        counter: { a: 2, b: 1 },
        types: [null, null],
        numbers: [null, null, null],
        ellipsis: [null],
        layout: 'torch.strided',
        numpy: [0.5, 0.5, 0.5, 3, true, null],
      });
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0][0]).toMatch(`${fixture(name)}: skipped what is not plain data: `);
      expect(warn.mock.calls[0][0]).toMatch('args (argparse.Namespace)');
      warn.mockRestore();
    },
  );

  it.each(['sparse.pt', 'complex.pt'])('%s: tensors that are not supported are skipped', async (name) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    expect({ ...((await readPyTorch(fixture(name))) as object) }).toEqual({});
    expect(warn.mock.calls[0][0]).toMatch(/sparse|complex/);
    await expect(readWeights(fixture(name))).rejects.toThrow(`${fixture(name)}: the checkpoint`);
    warn.mockRestore();
  });
});

describe('hostile tensors', () => {
  it('reads tensors without elements, whatever their other dimensions', async () => {
    const file = checkpoint({ shape: [2 ** 30, 0], strides: [1, 1] });
    const value = (await readPyTorchFrom(memory(file))) as Record<string, NamedArray>;
    expect(value['0']).toEqual({ dtype: 'F32', shape: [2 ** 30, 0], data: new Float32Array(0) });
  });

  it('reads the valid tensor', async () => {
    const value = (await readPyTorchFrom(memory(checkpoint({ shape: [2, 2], strides: [1, 2] })))) as Record<
      string,
      NamedArray
    >;
    expect(value['0']).toEqual({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 3, 2, 4) });
  });

  it.each<[string, Parameters<typeof checkpoint>[0], string]>([
    [
      'shape beyond the storage',
      { shape: [5] },
      'x.pt: shape [5] with strides [1] and offset 0 exceeds the 4 elements',
    ],
    ['offset beyond the storage', { offset: 'I1\n' }, 'exceeds the 4 elements'],
    ['negative offset', { offset: 'I-1\n' }, 'offset -1'],
    ['offset that is a string', { offset: "S'0'\n" }, 'offset string 0 do not match'],
    ['offset of 2^70', { offset: `L${2n ** 70n}L\n` }, 'do not match'],
    ['stride beyond the storage', { strides: [2] }, 'exceeds the 4 elements'],
    ['negative stride', { strides: [-1] }, 'strides [-1]'],
    ['missing stride', { strides: [] }, 'do not match'],
    ['negative shape', { shape: [-4] }, 'shape [-4] is invalid'],
    ['shape product beyond 2^53', { shape: [2 ** 40, 2 ** 40], strides: [0, 0] }, 'is invalid'],
    [
      'stride product beyond 2^53',
      { shape: [2, 2], strides: [2 ** 53 - 1, 2 ** 53 - 1] },
      'exceeds the 4 elements',
    ],
    [
      'a terabyte from one value',
      { shape: [2 ** 40], strides: [0] },
      'views that would grow from 16 to 4398046511104 bytes',
    ],
    ['many views of one value', { shape: [2 ** 20], strides: [0], times: 100 }, 'views that would grow'],
    [
      '65 dimensions',
      { shape: Array(65).fill(1) as number[], strides: Array(65).fill(1) as number[] },
      'is invalid',
    ],
    ['storage larger than its entry', { elements: 'I5\n' }, 'storage "0" has 16 bytes. Expected 20'],
    ['storage of negative size', { elements: 'I-4\n' }, 'a storage with an invalid key or size'],
    ['storage of 2^52 numbers', { elements: `L${2n ** 52n}L\n` }, 'storage "0" of'],
  ])('%s', async (_, claim, message) => {
    await refuse(checkpoint(claim), message);
  });
});

describe('hostile zip files', () => {
  const pickle: [string, Uint8Array] = ['a/data.pkl', Buffer.from('}.')];

  it.each<[string, Buffer, string]>([
    ['truncated', zip([pickle]).subarray(0, -1), 'the zip file has no directory'],
    ['no data.pkl', zip([['a/b', Buffer.from('x')]]), 'a zip file without data.pkl'],
    ['two data.pkl', zip([pickle, ['b/data.pkl', pickle[1]]]), 'a zip file without data.pkl'],
    ['a duplicate name', zip([pickle, pickle]), 'duplicate zip entry "a/data.pkl"'],
    ['wrong checksum', zip([pickle], { crc: 1 }), '"a/data.pkl" is damaged: wrong checksum'],
    ['two sizes', zip([pickle], { size: 3 }), 'two different sizes'],
    ['zip bomb', zip([pickle], { size: 2 ** 32 - 2, method: 8 }), 'a zip bomb'],
    ['no deflate data', zip([pickle], { method: 8 }), '"a/data.pkl" is damaged'],
    ['another method', zip([pickle], { method: 14 }), 'compression method 14'],
    ['big-endian', zip([pickle, ['a/byteorder', Buffer.from('big')]]), 'byte order "big"'],
    ['missing storage', (() => { const bytes = checkpoint({}); return Buffer.from(bytes.toString('latin1').replaceAll('a/data/0', 'a/data/1'), 'latin1'); })(), 'storage "0" is missing. Expected 16 bytes'], // prettier-ignore
  ])('%s', async (_, bytes, message) => {
    await refuse(bytes, message);
  });

  const many = (text: string, times: number): Buffer => Buffer.from(text.repeat(times), 'latin1');
  const pairs = Array.from({ length: 10_000 }, (_, i) => `(S'${i}'\nNt`).join('');
  it.each<[string, Buffer]>([
    ['marks', many('(', 10_000_000)],
    ['empty lists', many(']', 10_000_000)],
    ['memo entries', Buffer.concat([many('N\x94', 10_000_000), Buffer.from('.')])],
    ['values on the stack', many('N', 30_000_000)],
    ['copies of a dict', Buffer.concat([many(`ccollections\nOrderedDict\np0\n(${pairs}lp1\n`, 1), many('g0\n(g1\ntR', 20_000)])], // prettier-ignore
    ['copies of bytes', Buffer.concat([Buffer.from('c__builtin__\nbytearray\np0\nB\x00\x00\x10\x00', 'latin1'), Buffer.alloc(2 ** 20), many('p1\ng0\n(g1\ntR', 1), many('g0\n(g1\ntR', 20_000)])], // prettier-ignore
    ['copies of a set', Buffer.concat([Buffer.from('c__builtin__\nset\np0\n('), ...Array.from({ length: 10_000 }, (_, i) => Buffer.from(`I${i}\n`)), many('lp1\n', 1), many('g0\n(g1\ntR', 20_000)])], // prettier-ignore
    ['zeros', Buffer.alloc(80_000_000, 'N')],
  ])('a small pickle of %s', async (_, bytes) => {
    const file = zip([['a/data.pkl', bytes]], { deflate: true });
    await refuse(file, /builds far more than a file of this size holds|zip bomb/);
  });

  it('overlapping and compressed storages that are far larger than the file', async () => {
    const count = 10;
    const storage = (i: number): string =>
      `(S'storage'\nctorch\nFloatStorage\nS'${i}'\nS'cpu'\nI${2 ** 20}\ntQ`;
    const tensor = (i: number): string =>
      `S'${i}'\nctorch._utils\n_rebuild_tensor_v2\n(${storage(i)}I0\n(I1\nt(I1\ntI00\nNtR`;
    const items = Array.from({ length: count }, (_, i) => tensor(i));
    const file = zip(
      [
        ['a/data.pkl', Buffer.from(`(${items.join('')}d.`)],
        ...Array.from({ length: count }, (_, i): [string, Buffer] => [`a/data/${i}`, Buffer.alloc(2 ** 22)]),
      ],
      { deflate: true },
    );
    await refuse(file, `the storages would grow from ${file.length} to ${count * 2 ** 22} bytes`);
  });

  it('many tensors of one shape with a million dimensions', async () => {
    const shape = `(${'I1\n'.repeat(100_000)}tp0\n`;
    const tensor = (size: string): string =>
      `ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI1\ntQI0\n${size}g0\nI00\nNtR`;
    const pickle = Buffer.from(`(${tensor(shape)}${tensor('g0\n').repeat(10)}l.`);
    await refuse(zip([['a/data.pkl', pickle]]), '100000 dimensions is invalid');
  });

  it('gives an error that names the file, or a value, for any damaged file', async () => {
    const files = await Promise.all(
      ['values-2.pt', 'deflated.pt', 'piped.pt', 'evil-legacy.pt'].map((name) => readFile(fixture(name))),
    );
    const legacy = await readFile(fixture('values-legacy.pt'));
    const damage = fc.array(fc.tuple(fc.constantFrom('set', 'cut'), fc.nat(), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files, legacy, legacy), damage, async (file, steps) => {
        let bytes = Buffer.from(file);
        for (const [kind, place, value] of steps) {
          if (bytes.length === 0) break;
          // Half of the time near the end, where the zip directory is.
          const at =
            place % 2
              ? place % bytes.length
              : bytes.length - 1 - ((place >> 1) % Math.min(400, bytes.length));
          if (kind === 'set') bytes[at] = value;
          else bytes = bytes.subarray(0, at);
        }
        await readPyTorchFrom(memory(bytes)).catch((error: unknown) => {
          expect((error as Error).message).toMatch(/^x\.pt: /);
        });
      }),
      { numRuns: 1500 },
    );
  });
});
