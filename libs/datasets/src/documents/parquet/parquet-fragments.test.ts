// Parquet files of pyarrow, and damaged ones.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Random } from '@lilformer/random';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { readDocuments } from '../read-documents.js';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);
const NAMES = readdirSync(FIXTURES).filter((name) => name.endsWith('.parquet'));
const expected = JSON.parse(readFileSync(new URL('parquet.json', FIXTURES), 'utf8')) as Record<
  string,
  (string | null)[]
>;
const folder = temporaryFolder();

async function all(path: string, column = 'text'): Promise<string[]> {
  const documents: string[] = [];
  for await (const document of readDocuments(path, { column })) documents.push(document);
  return documents;
}

function file(bytes: Uint8Array): string {
  const path = folder('file.parquet');
  writeFileSync(path, bytes);
  return path;
}

describe('a file of pyarrow', () => {
  it.each(NAMES.flatMap((name) => Object.keys(expected).map((column) => [name, column])))(
    '%s: has the texts of column %s',
    async (name, column) => {
      const texts = expected[column].filter((text) => text !== null && text !== '');
      expect(await all(new URL(name, FIXTURES).pathname, column)).toEqual(texts);
    },
  );

  it('has a nested column, which is refused', async () => {
    const path = new URL(NAMES[0], FIXTURES).pathname;
    await expect(all(path, 'meta')).rejects.toThrow(
      'the column "meta" holds nested values, expected strings',
    );
  });

  it('has the row of a text that is not UTF-8', async () => {
    const bytes = readFileSync(new URL('plain-v1.parquet', FIXTURES));
    const rows = expected.text;
    const row = rows.findIndex((text, i) => i > 11 && text !== null && text.length > 20);
    const at = bytes.indexOf(rows[row]!);
    bytes[at + 1] = 0xff;
    await expect(all(file(bytes))).rejects.toThrow(
      `row ${row}: the text in column "text" is not valid UTF-8`,
    );
  });
});

describe('a damaged file', () => {
  /** Numbers that are likely to break a reader. */
  const bytes = [0, 1, 0x7f, 0x80, 0xff];

  function mutate(original: Buffer, random: Random): Buffer {
    const mutant = Buffer.from(original);
    const footer = original.length - 8 - original.readUInt32LE(original.length - 8);
    for (let changes = 1 + random.integer(3); changes > 0; changes--) {
      // Half of the changes in the footer, which is small.
      const [start, end] = random.integer(2) === 0 ? [footer, mutant.length] : [0, mutant.length];
      const at = start + random.integer(end - start);
      const kind = random.integer(4);
      if (kind === 0) mutant[at] = random.integer(256);
      else if (kind === 1) mutant[at] = bytes[random.integer(bytes.length)];
      else if (kind === 2) mutant.fill(0xff, at, Math.min(mutant.length, at + 9));
      else mutant.copyWithin(at, start + random.integer(end - start), end);
    }
    return random.integer(20) === 0 ? mutant.subarray(0, random.integer(mutant.length)) : mutant;
  }

  it.each(NAMES)('%s: is read or refused by name in any case', async (name) => {
    const original = readFileSync(new URL(name, FIXTURES));
    const random = new Random(`parquet ${name}`);
    const cases = Number(process.env.LILFORMER_HOSTILE_CASES ?? 150);
    let refused = 0;
    for (let i = 0; i < cases; i++) {
      const path = file(mutate(original, random));
      const column = ['text', 'repeated', 'required'][i % 3];
      try {
        await all(path, column);
      } catch (error) {
        refused++;
        const { message } = error as Error;
        expect(message.startsWith(path), message).toBe(true);
        expect(message).not.toMatch(/undefined|\[object|Cannot read|NaN|is not a function/);
      }
    }
    expect(refused).toBeGreaterThan(cases / 4);
  });

  it('that repeats one text to a thousand times its size is refused', async () => {
    const plain = parquetWriteBuffer({
      columnData: [{ name: 'text', data: Array<string>(1000).fill('z'.repeat(1 << 17)), type: 'STRING' }],
      codec: 'UNCOMPRESSED',
    });
    await expect(all(file(new Uint8Array(plain)))).rejects.toThrow('expands to more than 100 times its size');
  });

  it('whose pages are far larger than the file is refused before they are decompressed', async () => {
    const page = gzipSync(Buffer.alloc(30 << 20, 'a'));
    const write = (texts: string[], compressed?: Uint8Array): Uint8Array => {
      const compressors = { GZIP: (bytes: Uint8Array) => compressed ?? new Uint8Array(gzipSync(bytes)) };
      const columnData = [{ name: 'text', data: texts, type: 'STRING' as const }];
      return new Uint8Array(
        parquetWriteBuffer({ columnData, codec: 'GZIP', compressors, pageSize: 2 ** 30 }),
      );
    };
    await expect(all(file(write(['a'.repeat(30 << 20)], new Uint8Array(page))))).rejects.toThrow(
      /: not readable as parquet: its pages take \d+ bytes\. Expected at most \d+ in a file of this size/,
    );
    await expect(all(file(write(['a'.repeat(5 << 20)])))).resolves.toHaveLength(1);
  });

  it('whose compressed page is a bomb is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(300 << 20));
    const compressors = { GZIP: () => new Uint8Array(bomb) };
    const written = parquetWriteBuffer({
      columnData: [{ name: 'text', data: ['a', 'b'], type: 'STRING' }],
      codec: 'GZIP',
      compressors,
    });
    await expect(all(file(new Uint8Array(written)))).rejects.toThrow(/not readable as parquet/);
  });
});
