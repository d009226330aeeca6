// The API: which stories a seed yields. The text itself is tested in text.test.ts.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stories } from './stories.js';

const joined = (texts: readonly string[]): string => texts.map((text) => `${text}\n<|endoftext|>\n`).join('');

describe('stories', () => {
  it('yields the same stories from any start index', () => {
    const first = [...stories({ seed: 7, count: 6 })];
    expect([...stories({ seed: 7, from: 4, count: 2 })]).toEqual(first.slice(4));
    expect(new Set(first).size).toBe(6);
  });

  it('depends on the seed only, and treats a number and its decimal string as the same seed', () => {
    const options = { from: 3, count: 1 };
    expect([...stories({ seed: '7', ...options })]).toEqual([...stories({ seed: 7, ...options })]);
    expect([...stories({ seed: 8, ...options })]).not.toEqual([...stories({ seed: 7, ...options })]);
  });

  it('is lazy and endless without count and bytes', () => {
    const endless = stories({ seed: 1 });
    for (let i = 0; i < 50; i++) expect(endless.next().done).toBe(false);
  });

  it('ends with the story with which the joined text reaches the requested size', () => {
    const texts = [...stories({ seed: 2, bytes: 20_000 })];
    expect(Buffer.byteLength(joined(texts))).toBeGreaterThanOrEqual(20_000);
    expect(Buffer.byteLength(joined(texts.slice(0, -1)))).toBeLessThan(20_000);
    expect([...stories({ seed: 2, count: 0 })]).toEqual([]);
    expect([...stories({ seed: 2, bytes: 0 })]).toEqual([]);
  });

  it('rejects invalid options by name', () => {
    expect(() => stories({ seed: 1, byte: 9 } as never).next()).toThrow(
      'byte: unknown option. Expected one of seed, bytes, count, from.',
    );
    expect(() => [...stories({ seed: 1, count: NaN })]).toThrow('count: NaN is invalid.');
    expect(() => [...stories({ seed: 1, from: -2, count: 1 })]).toThrow('from: -2 is invalid.');
    expect(() => [...stories({ seed: 1, bytes: 1.5 })]).toThrow(
      'bytes: 1.5 is invalid. Expected an integer of at least 0.',
    );
  });

  it('yields the pinned text (update the hash when the stories change on purpose)', () => {
    const text = joined([...stories({ seed: 'pinned', count: 200 })]);
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '6b110e22e0a80c5e2ebafca6a09e68cacbc9156ebf4631c5340f5c0b8c9b7d9d',
    );
  });
});
