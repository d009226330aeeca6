import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { tinyShakespeare } from '@lilformer/testing';
import { describe, expect, it } from 'vitest';
import { validLength } from './file-bytes.js';
import type { ReadOptions } from './fragments.js';
import { readDocuments } from './read-documents.js';
import { temporaryFolder } from '../testing/temporary-folder.js';

const folder = temporaryFolder();
let count = 0;

function file(content: string | Uint8Array, extension = 'txt'): string {
  const path = folder(`${count++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

async function all(files: string | string[], options?: ReadOptions): Promise<string[]> {
  const documents: string[] = [];
  for await (const document of readDocuments(files, options)) documents.push(document);
  return documents;
}

/** A text a little longer than two of the reader's chunks, in characters of one to four bytes. */
const long = 'wörter 字 🎈 '.repeat(130_000);

describe('plain text', () => {
  it('is split at the separator and the white space around it', async () => {
    const path = file(
      'One day.\n\nThe end.\n<|endoftext|>\nAnother.\n<|endoftext|>\n\n<|endoftext|>\n Last.\n',
    );
    expect(await all(path)).toEqual(['One day.\n\nThe end.', 'Another.', 'Last.\n']);
  });

  it('without a separator is one unchanged document', async () => {
    expect(await all(file('\n two lines\n'))).toEqual(['\n two lines\n']);
    expect(await all(file('a\n\nb\n'), { separator: '' })).toEqual(['a\n\nb\n']);
  });

  it('is split at a custom separator', async () => {
    expect(await all(file('a\n\nb\n\n\nc'), { separator: '\n\n' })).toEqual(['a', 'b', 'c']);
  });

  it('is complete for any chunk borders', async () => {
    for (let shift = 0; shift < 16; shift += 3) {
      const first = 'x'.repeat((1 << 20) - 20 + shift);
      const path = file(`${first}\n <|endoftext|>\n ${long}<|endoftext|>end`);
      const documents = await all(path);
      expect(documents.map((document) => document.length)).toEqual([first.length, long.length - 1, 3]);
      expect(documents[1] === long.trimEnd()).toBe(true);
    }
  });

  it('is split as String.split does', async () => {
    const piece = fc.constantFrom(
      'a',
      'b ',
      '\n',
      '<',
      '<|',
      '|>',
      '<|endoftext|>',
      'é',
      '🎈',
      '<|endoftext',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 30 }), async (pieces) => {
        const text = `start${pieces.join('')}end`;
        const expected = text.split('<|endoftext|>').map((document) => document.trim());
        expect(await all(file(text))).toEqual(expected.filter((document) => document !== ''));
      }),
      { numRuns: 100 },
    );
  });

  it('may be compressed, start with a byte-order mark, and consist of several files', async () => {
    const zipped = file(gzipSync('one<|endoftext|>two'), 'txt.gz');
    const marked = file(`\ufeffthree`);
    expect(await all([zipped, marked])).toEqual(['one', 'two', 'three']);
  });

  it('ends after maxCharacters', async () => {
    const path = file('ab🎈<|endoftext|>cd<|endoftext|>ef');
    expect(await all(path, { maxCharacters: 2 })).toEqual(['ab']);
    expect(await all(path, { maxCharacters: 3 })).toEqual(['ab🎈']);
    expect(await all(path, { maxCharacters: 4 })).toEqual(['ab🎈', 'c']);
    expect(await all(path, { maxCharacters: 99 })).toEqual(['ab🎈', 'cd', 'ef']);
    const [document] = await all(file(long), { maxCharacters: 1_100_001 });
    expect([...document]).toHaveLength(1_100_001);
    expect(long.startsWith(document)).toBe(true);
    await expect(all(path, { maxCharacters: 0 })).rejects.toThrow('maxCharacters 0: expected a whole number');
  });

  it('that is not UTF-8 is rejected with line and byte', async () => {
    const bad = Buffer.concat([
      Buffer.from('gut\nschlecht: '),
      Buffer.from([0xe4]),
      Buffer.from(' und mehr'),
    ]);
    await expect(all(file(bad))).rejects.toThrow(/\d+\.txt: line 2, byte 14: 0xE4 is not valid UTF-8/);
    const late = Buffer.concat([
      Buffer.from(long),
      Buffer.from('\n\n'),
      Buffer.from([0xff]),
      Buffer.from(long),
    ]);
    await expect(all(file(late))).rejects.toThrow(`line 3, byte ${Buffer.byteLength(long) + 2}: 0xFF`);
    await expect(all(file(gzipSync(late), 'gz'))).rejects.toThrow(
      `line 3, byte ${Buffer.byteLength(long) + 2}: 0xFF`,
    );
    await expect(all(file(Buffer.from('ends in 🎈').subarray(0, -1)))).rejects.toThrow(
      'line 1, byte 8: 0xF0',
    );
    await expect(all(file(Buffer.from('\ufeffhello', 'utf16le')))).rejects.toThrow('the file is UTF-16');
  });

  it('locates the first invalid byte as a decoder does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 6 }), (good, tail) => {
        const bytes = Buffer.concat([Buffer.from(good), tail]);
        let expected = bytes.length;
        // The longest prefix that a strict decoder takes.
        for (; ; expected--) {
          try {
            new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, expected));
            break;
          } catch {
            continue;
          }
        }
        expect(validLength(bytes)).toBe(expected);
      }),
    );
  });

  it('that is missing, empty, blank, a folder or corrupt is named', async () => {
    await expect(all(folder('none.txt'))).rejects.toThrow(/none\.txt: no such file \(looked from /);
    await expect(all(file(''))).rejects.toThrow(/\d+\.txt: the file is empty/);
    await expect(all(file(' \n<|endoftext|>\n'))).rejects.toThrow(/\d+\.txt: there is no text in the file/);
    await expect(all(folder())).rejects.toThrow(': is a folder, expected a file');
    await expect(all(file('not gzip', 'gz'))).rejects.toThrow(/\d+\.gz: broken gzip data/);
    const half = gzipSync(long).subarray(0, 400);
    await expect(all(file(half, 'txt.gz'))).rejects.toThrow(/\d+\.txt\.gz: broken gzip data: unexpected end/);
    await expect(all([])).rejects.toThrow('no files given');
    await expect(all(file('x'), { format: 'csv' as 'text' })).rejects.toThrow(
      `format "csv": expected 'text'`,
    );
  });
});

describe('long white space', () => {
  const spaces = (megabytes: number, unit: string) => Buffer.alloc(megabytes << 20, unit);
  const text = (...parts: (string | Buffer)[]) => file(Buffer.concat(parts.map((part) => Buffer.from(part))));
  const end = '<|endoftext|>';

  it('next to a separator is removed in linear time', async () => {
    const documents = await all(
      text(
        'a',
        spaces(40, ' '),
        end,
        spaces(40, '\n '),
        'b',
        spaces(40, '\r\n\t'),
        end,
        spaces(9, ' '),
        end,
        'c',
      ),
    );
    expect(documents).toEqual(['a', 'b', 'c']);
    expect(await all(text('a', spaces(20, '\n'), 'b'), { separator: '\n\n' })).toEqual(['a', 'b']);
    await expect(all(text(spaces(60, ' ')))).rejects.toThrow('there is no text in the file');
  });

  it('elsewhere is kept', async () => {
    const [a, b, c] = [spaces(5, '\n \t'), spaces(6, ' '), spaces(3, '\n')];
    const documents = await all(text(a, 'one', b, 'two', b, end, 'three', c));
    expect(documents.map((document) => document.length)).toEqual([(11 << 20) + 6, (3 << 20) + 5]);
    expect(documents[0] === `${a.toString()}one${b.toString()}two`).toBe(true);
    expect(documents[1] === `three${c.toString()}`).toBe(true);
  });

  it('in a small gzip file is refused', async () => {
    const bomb = file(gzipSync(spaces(200, ' ')), 'txt.gz');
    await expect(all(bomb)).rejects.toThrow(`${bomb}: expands to more than 100 times its size`);
    const lines = file(gzipSync(spaces(200, '\n')), 'jsonl.gz');
    await expect(all(lines)).rejects.toThrow('expands to more than 100 times its size');
  });
});

describe('values that take far more memory than their text', () => {
  const many = (value: string): string => `[${`${value},`.repeat(3 << 20)}${value}]`;
  it.each<[string, string]>([
    ['objects', many('{}')],
    ['arrays', many('[]')],
    ['numbers', many('1')],
    ['members', `{${Array.from({ length: 1 << 20 }, (_, i) => `"${i}":1`).join()}}`],
    ['arrays in arrays', `${'['.repeat(2 << 20)}${']'.repeat(2 << 20)}`],
  ])('%s are refused', async (_, value) => {
    const object = `{"text":"a","more":${value}}`;
    const lines = file(`{"text":"b"}\n${object}`, 'jsonl');
    await expect(all(lines)).rejects.toThrow(`${lines}: line 2 has too many values beside its text`);
    const array = file(`[${object}]`, 'json');
    await expect(all(array)).rejects.toThrow(`${array}: value 1 has too many values beside its text`);
  });

  it('beside a long text are read', async () => {
    const text = '[{"a\\"[{:,'.repeat(1 << 18);
    const object = JSON.stringify({ text, ids: Array.from({ length: 1 << 18 }, (_, i) => i) });
    expect(await all(file(object, 'jsonl'))).toEqual([text]);
    expect(await all(file(`[${object}]`, 'json'))).toEqual([text]);
  });
});

describe('a file that is no text', () => {
  const hello = 'hello world\n';
  const utf16be = Buffer.from(hello, 'utf16le').swap16();
  const utf32 = Buffer.concat([...hello].map((letter) => Buffer.from(`${letter}\0\0\0`)));
  it.each([
    ['UTF-16LE', Buffer.from(hello, 'utf16le'), 'looks like UTF-16LE without a byte-order mark'],
    ['UTF-16BE', utf16be, 'looks like UTF-16BE without a byte-order mark'],
    ['UTF-16LE with a mark', Buffer.from(`\ufeff${hello}`, 'utf16le'), 'the file is UTF-16.'],
    ['UTF-16BE with a mark', Buffer.concat([Buffer.of(0xfe, 0xff), utf16be]), 'the file is UTF-16.'],
    ['UTF-32 with a mark', Buffer.concat([Buffer.of(0xff, 0xfe, 0, 0), utf32]), 'the file is UTF-32.'],
    ['UTF-32', utf32, 'byte 1 is zero, so this is a binary file'],
    [
      'UTF-16LE of Chinese',
      Buffer.from('山高水長\n'.repeat(9), 'utf16le'),
      /UTF-16LE|is zero|not valid UTF-8/,
    ],
    ['safetensors', Buffer.from('\x10\0\0\0\0\0\0\0{"a":1}'), 'byte 1 is zero'],
    [
      'gzip',
      gzipSync(hello),
      'the file is gzip data. Expected text in UTF-8. Give it a name that ends in .gz.',
    ],
    ['zip', Buffer.from('PK\x03\x04 and more'), 'the file is a zip archive'],
    ['gzip in gzip', gzipSync(gzipSync(hello)), 'the file is gzip data', 'txt.gz'],
    ['JSON in UTF-16', Buffer.from('[{"text":"a"}]', 'utf16le'), 'looks like UTF-16LE', 'json'],
  ] as [string, Buffer, string | RegExp, string?][])(
    '%s is refused',
    async (_, bytes, message, extension) => {
      const path = file(bytes, extension);
      await expect(all(path)).rejects.toThrow(message);
      await expect(all(path)).rejects.toThrow(path);
    },
  );

  it('is not mistaken for a text that starts alike', async () => {
    expect(await all(file('BZh is a name.'))).toEqual(['BZh is a name.']);
    expect(await all(file('PK means public key.'))).toEqual(['PK means public key.']);
  });
});

describe('JSON', () => {
  const records = [
    { text: 'a "quoted\\" ]}' },
    { text: 'b\n', more: [{ text: 'x' }, ['[']] },
    { text: null },
    { text: 'c' },
  ];
  const texts = ['a "quoted\\" ]}', 'b\n', 'c'];

  it.each([
    ['an array', JSON.stringify(records)],
    ['an indented array', `\n ${JSON.stringify(records, null, 2)} \n`],
    ['an array of texts', JSON.stringify([...texts, ''])],
    ['lines', records.map((record) => JSON.stringify(record)).join('\n')],
    ['lines of texts', texts.map((text) => JSON.stringify(text)).join('\n')],
    ['indented objects', records.map((record) => JSON.stringify(record, null, 2)).join('\n')],
    ['compressed', gzipSync(JSON.stringify(records)), 'json.gz'],
  ] as [string, string | Buffer, string?][])('is read as %s', async (_, content, extension = 'json') => {
    expect(await all(file(content, extension))).toEqual(texts);
  });

  it('is complete for any chunk borders', async () => {
    for (let shift = 0; shift < 12; shift++) {
      const first = `${'x'.repeat((1 << 20) - 16 + shift)}\\"[`;
      expect(await all(file(JSON.stringify([{ text: first }, { text: ']é' }]), 'json'))).toEqual([
        first,
        ']é',
      ]);
    }
  });

  it.each([
    ['[{"text":"a"}', 'the file ends inside the array, after 1 values'],
    ['[{"text":"a"}] x', 'there is more after the end of the array'],
    ['[{"text":"a"}]\n[{"text":"b"}]', 'there is more after the end of the array'],
    ['[1]', 'value 1: expected a JSON object with the field "text", got a number'],
    ['[{"text":"a"},{"body":"b"}]', 'value 2 has no field "text"; it has "body"'],
    ['{"data":[{"text":"a"}]}', 'value 1 has no field "text"; it has "data"'],
    ['[{"text":3}]', 'value 1: the field "text" is a number, expected a string'],
    ['[{"text":"a",}]', 'value 1 is not JSON'],
    ['hello', 'value 1 is not JSON'],
    ['{"text":"a', 'value 1 is not JSON'],
    ['[]', 'there is no text in the file'],
    [`[{"text":${'['.repeat(200_000)}`, 'the file ends inside the array'],
    ['['.repeat(200_000), 'the file ends inside the array'],
  ])('%.30s is refused', async (content, message) => {
    const path = file(content, 'json');
    await expect(all(path)).rejects.toThrow(message);
    await expect(all(path)).rejects.toThrow(path);
  });
});

describe('Tiny Shakespeare, one document per speech', () => {
  it('has 7,222 speeches', async () => {
    const speeches = readFileSync(tinyShakespeare, 'utf8')
      .trim()
      .split(/\n{2,}/);
    expect(speeches).toHaveLength(7222);
    expect(await all(file(speeches.join('\n<|endoftext|>\n')))).toEqual(speeches);
    const last = `${speeches.at(-1)}\n`; // the end of the file is no separator
    expect(await all(tinyShakespeare, { separator: '\n\n' })).toEqual([...speeches.slice(0, -1), last]);
  });
});

describe('JSON lines', () => {
  it('yield a field, with any line ends', async () => {
    const path = file(
      '{"text":"one\\ntwo"}\r\n\n{"text":"","n":1}\n{"text":null}\n{"n":2,"text":"🎈"}',
      'jsonl',
    );
    expect(await all(path)).toEqual(['one\ntwo', '🎈']);
    expect(await all(file('{"story":"x"}\n', 'data'), { format: 'jsonl', field: 'story' })).toEqual(['x']);
  });

  it('may be longer than a chunk', async () => {
    const path = file(`{"text":${JSON.stringify(long)}}\n{"text":"b"}\n`, 'ndjson');
    const documents = await all(path);
    expect(documents.map((document) => document.length)).toEqual([long.length, 1]);
    expect(documents[0] === long).toBe(true);
  });

  it('that are invalid are named by file and line', async () => {
    const broken = (content: string) => all(file(content, 'jsonl'));
    await expect(broken('{"text":"a"}\n{"text":"b"\n')).rejects.toThrow(/\d+\.jsonl: line 2 is not JSON: /);
    await expect(broken('{"text":"a"}\n\n{"story":"b","id":1}\n')).rejects.toThrow(
      /line 3 has no field "text"; it has "story", "id"/,
    );
    await expect(broken('{"text":7}')).rejects.toThrow(
      'line 1: the field "text" is a number, expected a string',
    );
    await expect(broken('["a"]')).rejects.toThrow(
      'line 1: expected a JSON object with the field "text", got a list',
    );
  });
});

describe('parquet', () => {
  const texts = Array.from({ length: 2500 }, (_, i) => (i === 1700 ? '' : `story ${i} with ünïcode 🎈`));
  const parquet = (columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData'], options = {}) =>
    new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1000, ...options }));

  it('yields a column over all row groups', async () => {
    const path = file(
      parquet([
        { name: 'id', data: texts.map((_, i) => i), type: 'INT32' },
        { name: 'text', data: texts, type: 'STRING' },
      ]),
      'parquet',
    );
    const expected = texts.filter((text) => text !== '');
    expect(await all(path)).toEqual(expected);
    expect(await all(path, { maxCharacters: 30 })).toEqual([
      texts[0],
      texts[1].slice(0, 30 - [...texts[0]].length),
    ]);
  });

  it('skips nulls and reads dictionary-encoded strings', async () => {
    const data = Array.from({ length: 600 }, (_, i) => [null, 'ja', 'nein'][i % 3]);
    const path = file(parquet([{ name: 'story', data, type: 'STRING' }]), 'parquet');
    const documents = await all(path, { column: 'story' });
    expect(documents).toEqual(data.filter((text) => text !== null));
  });

  it('may use any compression that Node supports', async () => {
    for (const [codec, compress] of [
      ['GZIP', gzipSync],
      ['BROTLI', brotliCompressSync],
    ] as const) {
      const compressors = { [codec]: (bytes: Uint8Array) => compress(bytes) };
      const bytes = parquet([{ name: 'text', data: texts.slice(0, 1500), type: 'STRING' }], {
        codec,
        compressors,
      });
      expect(await all(file(bytes, 'parquet'))).toEqual(texts.slice(0, 1500));
    }
  });

  it('without the column lists the existing ones', async () => {
    const path = file(
      parquet([
        { name: 'story', data: ['a'] },
        { name: 'id', data: [1] },
      ]),
      'parquet',
    );
    await expect(all(path)).rejects.toThrow(
      /\d+\.parquet: there is no column "text"; the columns are "story", "id"/,
    );
    await expect(all(path, { column: 'id' })).rejects.toThrow(
      'the column "id" holds INT32 values, expected strings',
    );
  });

  it('with text that is not UTF-8 names the row', async () => {
    const data = [Buffer.from('good'), Buffer.from([0x67, 0xff])];
    const path = file(parquet([{ name: 'text', data, type: 'BYTE_ARRAY' }]), 'parquet');
    await expect(all(path)).rejects.toThrow('row 1: the text in column "text" is not valid UTF-8');
  });

  it('that is corrupt or misnamed is named', async () => {
    const bytes = parquet([{ name: 'text', data: texts, type: 'STRING' }]);
    await expect(all(file(bytes, 'txt'))).rejects.toThrow('this is a parquet file');
    await expect(all(file(bytes.subarray(0, 2000), 'parquet'))).rejects.toThrow(
      /\.parquet: not readable as parquet/,
    );
    await expect(all(file('PAR1', 'parquet'))).rejects.toThrow('the file is too short for the format');
    const damaged = Uint8Array.from(bytes).fill(0xff, 100, 400);
    await expect(all(file(damaged, 'parquet'))).rejects.toThrow(
      /\.parquet: rows 0 to 999: not readable as parquet/,
    );
  });
});
