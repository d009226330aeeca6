// The interface: which stories one gets. What they read like is tested in text.test.ts.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stories, storiesText, story, STORY_SEPARATOR } from './stories.js';

describe('stories', () => {
  it('yields story(seed, i) in order, from any place', () => {
    const first = [...stories({ seed: 7, count: 6 })];
    expect(first).toEqual([0, 1, 2, 3, 4, 5].map((i) => story(7, i)));
    expect([...stories({ seed: 7, from: 4, count: 2 })]).toEqual(first.slice(4));
    expect(new Set(first).size).toBe(6);
  });

  it('depends on the seed alone: a number and its text are one seed, other seeds differ', () => {
    expect(story('7', 3)).toBe(story(7, 3));
    expect(story(8, 3)).not.toBe(story(7, 3));
  });

  it('is lazy: without count or bytes it goes on', () => {
    const endless = stories({ seed: 1 });
    for (let i = 0; i < 50; i++) expect(endless.next().done).toBe(false);
  });

  it('ends with the story that reaches the bytes of the joined text', () => {
    const all = storiesText({ seed: 2, bytes: 20_000 });
    const parts = all.split(`\n${STORY_SEPARATOR}\n`);
    expect(parts.pop()).toBe('');
    expect(parts).toEqual([...stories({ seed: 2, bytes: 20_000 })]);
    expect(Buffer.byteLength(all)).toBeGreaterThanOrEqual(20_000);
    const last = parts[parts.length - 1];
    expect(all.length - last.length - STORY_SEPARATOR.length - 2).toBeLessThan(20_000);
    expect([...stories({ seed: 2, count: 0 })]).toEqual([]);
    expect(storiesText({ seed: 2, bytes: 0 })).toBe('');
  });

  it('refuses what it cannot do, by name', () => {
    expect(() => story(1, -1)).toThrow('story index -1: expected a whole number of at least 0');
    expect(() => story(1, 0.5)).toThrow('story index 0.5');
    expect(() => [...stories({ seed: 1, count: NaN })]).toThrow('count NaN');
    expect(() => [...stories({ seed: 1, from: -2, count: 1 })]).toThrow('from -2');
    expect(() => [...stories({ seed: 1, bytes: 1.5 })]).toThrow('bytes 1.5');
    expect(() => storiesText({ seed: 1 })).toThrow('would never end');
  });

  it('tells the same stories everywhere: whoever changes them changes this sum too', () => {
    const text = storiesText({ seed: 'pinned', count: 200 });
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      'dda92781386e524dcba5bce1ba5dc044984892fbccfe028c25d7c1ae096bd3a4',
    );
  });
});
