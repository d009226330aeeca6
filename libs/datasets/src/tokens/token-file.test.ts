import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTokenFile, tokenFileHeader } from './token-file.js';
import { tokenDType } from './token-source.js';

const folder = temporaryFolder();
const textHash = Buffer.alloc(32, 7);

function write(name: string, ids: Uint16Array | Uint32Array, vocabSize: number): string {
  const path = folder(name);
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  const dtype = tokenDType(vocabSize);
  const header = tokenFileHeader({ dtype, length: ids.length, vocabSize, textHash }, crc32(bytes));
  writeFileSync(path, Buffer.concat([header, bytes]));
  return path;
}

describe('a token file', () => {
  it('uses two bytes per id up to a vocabulary of 65,536, then four', () => {
    expect([500, 65_536, 65_537].map(tokenDType)).toEqual(['uint16', 'uint16', 'uint32']);
  });

  it('reads any range', () => {
    const small = Uint16Array.from({ length: 1000 }, (_, i) => (i * 65_521) & 0xffff);
    const large = Uint32Array.from({ length: 1000 }, (_, i) => (i * 2_654_435_761) >>> 0);
    for (const [name, ids, vocabSize] of [
      ['small.tokens', small, 65_536],
      ['large.tokens', large, 2 ** 32 - 1],
    ] as const) {
      const path = write(name, ids, vocabSize);
      const file = openTokenFile(path);
      expect([file.length, file.vocabSize]).toEqual([1000, vocabSize]);
      const bytes = readFileSync(path).subarray(64);
      const width = file.dtype === 'uint16' ? 2 : 4;
      fc.assert(
        fc.property(fc.nat(999), fc.nat(400), (offset, wanted) => {
          const count = Math.min(wanted, 1000 - offset);
          const expected = Array.from({ length: count }, (_, i) =>
            bytes.readUIntLE((offset + i) * width, width),
          );
          expect([...file.read(offset, count)]).toEqual(expected);
        }),
      );
      file.close();
    }
  });

  it('returns results that later reads do not change', () => {
    const file = openTokenFile(write('kept.tokens', Uint16Array.of(1, 2, 3, 4), 10));
    const first = file.read(0, 2);
    file.read(2, 2);
    expect([...first]).toEqual([1, 2]);
    file.close();
  });

  it('rejects ranges outside of the file and reads after closing', () => {
    const path = write('bounds.tokens', Uint16Array.of(1, 2, 3), 10);
    const file = openTokenFile(path);
    expect(() => file.read(2, 2)).toThrow(`read of 2 tokens at 2: ${path} has 3`);
    expect(() => file.read(-1, 1)).toThrow(RangeError);
    file.close();
    file.close();
    expect(() => file.read(0, 1)).toThrow('the token file is closed');
  });

  it('reports truncation and extension, also after it was opened', () => {
    const path = write('cut.tokens', Uint32Array.of(1, 2, 3), 70_000);
    const file = openTokenFile(path);
    truncateSync(path, 64 + 9);
    expect(() => file.read(0, 3)).toThrow('it was cut since it was opened');
    file.close();
    expect(() => openTokenFile(path)).toThrow(
      /73 bytes, its header says 3 ids, 76 bytes: the file is truncated/,
    );
    truncateSync(path, 20);
    expect(() => openTokenFile(path)).toThrow('20 bytes: the file is truncated');
    const longer = write('longer.tokens', Uint16Array.of(1, 2, 3), 10);
    appendFileSync(longer, 'x');
    expect(() => openTokenFile(longer)).toThrow('something was appended');
  });

  it('notices any damaged byte, and ids beyond the vocabulary', () => {
    const path = write('damaged.tokens', Uint16Array.of(1, 2, 3), 10);
    const whole = readFileSync(path);
    expect(openTokenFile(path).textHash).toBe('07'.repeat(32));
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 4;
      writeFileSync(path, damaged);
      expect(() => openTokenFile(path), `byte ${at}`).toThrow(path);
    }
    writeFileSync(path, whole);
    const file = openTokenFile(path);
    const damaged = Buffer.from(whole);
    damaged[66] = 10;
    writeFileSync(path, damaged);
    expect(() => file.read(0, 3)).toThrow(`${path}: id 10 at 1 is beyond the vocabulary of 10`);
    file.close();
  });

  it('rejects other formats and inconsistent headers', () => {
    const path = folder('other.bin');
    writeFileSync(path, 'not ids at all, but a text that goes on for more than sixty-four bytes of a header');
    expect(() => openTokenFile(path)).toThrow(/not a token file; .*raw: 'uint16'/);
    expect(() => openTokenFile(folder('none.tokens'))).toThrow(/none\.tokens: cannot be opened: ENOENT/);
    const header = tokenFileHeader({ dtype: 'uint16', length: 3, vocabSize: 10, textHash }, 0);
    for (const [at, value, message] of [
      [8, 1, 'version 1 of the format, expected 2'],
      [12, 3, 'the header is damaged'],
      [20, 0xffff_ffff, 'the header is damaged'],
    ] as const) {
      const bad = Buffer.concat([header, Buffer.alloc(6)]);
      bad.writeUInt32LE(value, at);
      writeFileSync(path, bad);
      expect(() => openTokenFile(path)).toThrow(message);
    }
  });

  it('is read without a header when the type is given', () => {
    const path = folder('train.bin');
    writeFileSync(path, Buffer.from([1, 0, 2, 1, 255, 255]));
    const file = openTokenFile(path, { raw: 'uint16' });
    expect([...file.read(0, 3)]).toEqual([1, 258, 65_535]);
    file.close();
    expect(() => openTokenFile(path, { raw: 'uint32' })).toThrow('6 bytes are no whole number of uint32 ids');
  });
});

it.skipIf(process.platform === 'win32')('a pipe, a device or a folder is no token file', () => {
  const pipe = folder('pipe.tokens');
  execFileSync('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero', dirname(pipe)]) {
    expect(() => openTokenFile(path)).toThrow(`${path}: is a folder, device or pipe. Expected a file.`);
  }
});
