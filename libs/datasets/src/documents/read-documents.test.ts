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
    await expect(all(file('{}', 'json'))).rejects.toThrow(/\.json: give the format/);
    await expect(all(file('x'), { format: 'csv' as 'text' })).rejects.toThrow(
      `format "csv": expected 'text'`,
    );
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
      'row 0: the column "id" holds number values, expected strings',
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
