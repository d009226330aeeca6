// JSON files, and files that hold something else.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openWeights, readPyTorch, readSafetensors } from '../index.js';
import { readJson } from './json-file.js';
import { parseJson } from './parse-json.js';

const folder = mkdtempSync(join(tmpdir(), 'json-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('parseJson', () => {
  // json.dumps of Python writes these words.
  it('reads Infinity, -Infinity and NaN as numbers, and only outside of strings', () => {
    const text = '{"a": [Infinity, -Infinity, NaN, 1.5], "NaN": "Infinity \\" NaN", "b": {"c": NaN}}';
    expect(parseJson(text, 'x')).toEqual({
      a: [Infinity, -Infinity, NaN, 1.5],
      NaN: 'Infinity " NaN',
      b: { c: NaN },
    });
  });

  it.each(['', '{', 'Infinite', '[NaNs]', '{"a": undefined}', '[+Infinity]', "{'a': 1}", 'nan'])(
    'rejects %s',
    (text) => {
      expect(() => parseJson(text, 'x.json')).toThrow('x.json: not JSON: ');
    },
  );

  it('refuses texts whose values take far more memory', () => {
    const arrays = `[${'[],'.repeat(1_000_000)}[]]`;
    expect(() => parseJson(arrays, 'x.json')).toThrow(
      'x.json: its values take far more memory than its text',
    );
    const strings = `[${'"a",'.repeat(2_000_000)}"a"]`;
    expect(() => parseJson(strings, 'x.json')).toThrow('far more memory');
    const numbers = `[${'12345678,'.repeat(1_000_000)}1]`;
    expect(parseJson(numbers, 'x.json')).toHaveLength(1_000_001);
  });

  it('reads 100 levels, and rejects more', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(100), 'x')).toHaveLength(1);
    expect(() => parseJson(nested(101), 'x.json')).toThrow('x.json: nested more than 100 levels deep');
    expect(() => parseJson('{"a":'.repeat(1_000_000), 'x.json')).toThrow('nested more than');
    expect(parseJson(JSON.stringify('['.repeat(1000)), 'x')).toHaveLength(1000);
  });
});

describe('files that hold something else', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'a Git LFS pointer',
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 548105171\n`,
      /Git LFS pointer, not the file of 548105171 bytes itself\. Run "git lfs pull"/,
    ],
    ['a web page', '<!DOCTYPE html>\n<html><body>404</body></html>', /a web page \(HTML\).*\/resolve\//],
    ['a web page without doctype', '\n <html class="">', /a web page/],
    ['the error of a download', 'Entry not found', /the error message of a download: "Entry not found"/],
    ['nothing', '', /the file is empty\. Download or save it again/],
    ['zeros', new Uint8Array(5000), /begins with zeros only/],
  ])('%s: the error says what it is and how to get the file', async (_, contents, message) => {
    for (const [name, read] of [
      ['model.safetensors', readSafetensors],
      ['model.safetensors', openWeights],
      ['model.bin', readPyTorch],
      ['model.bin', openWeights],
      ['config.json', readJson],
      ['model.safetensors.index.json', openWeights],
    ] as const) {
      const path = write(name, contents);
      const error = await read(path).then(
        () => new Error('read'),
        (error: unknown) => error as Error,
      );
      expect(error.message).toMatch(message);
      expect(error.message.startsWith(`${path}: `)).toBe(true);
    }
  });

  it.skipIf(process.platform === 'win32')('pipes and devices are rejected at once', async () => {
    const pipe = join(folder, 'pipe.json');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', folder]) {
      for (const read of [readJson, readSafetensors, readPyTorch, openWeights]) {
        await expect(read(path)).rejects.toThrow(`${path}: is a folder, device or pipe. Expected a file.`);
      }
    }
  });

  it('a missing file is named, with the code of the system as cause', async () => {
    const path = join(folder, 'none.json');
    await expect(readJson(path)).rejects.toMatchObject({
      message: `${path}: no such file.`,
      cause: { code: 'ENOENT' },
    });
  });
});
