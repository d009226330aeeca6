import { expect, it } from 'vitest';
import { fnv1a, promptSeed } from './prompt-seed.js';

it('equals the published hash vectors', () => {
  // draft-eastlake-fnv, appendix C
  expect(fnv1a('')).toBe(0x811c9dc5);
  expect(fnv1a('a')).toBe(0xe40c292c);
  expect(fnv1a('foobar')).toBe(0xbf9cf968);
});

it('derives a stable seed from a prompt', () => {
  expect(promptSeed(42, 'foobar')).toBe(42 + (0xbf9cf968 % 10_000));
  expect(promptSeed(42, 'Once upon a time')).not.toBe(promptSeed(42, 'The little girl'));
});
