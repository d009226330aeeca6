import { describe, expect, it } from 'vitest';
import { expand, type Speaker } from './grammar.js';
import { polish } from './polish.js';

/** A speaker that takes the choices it is told to. */
function speaker(...choices: number[]): Speaker {
  return {
    integer: (n) => Math.min(choices.shift() ?? 0, n - 1),
    roles: {
      hero: { name: 'Ada', he: 'she', his: 'her' },
      friend: { name: 'Ben', he: 'he', his: 'his' },
    },
    phrases: (name) => (name === 'glad' ? ['{who} was [glad|<deep:who>]'] : ['glad, {who:he} said']),
  };
}

describe('expand', () => {
  it('takes one choice each, nested and empty ones too', () => {
    expect(expand('a [b|c [d|e]] f', speaker(0))).toBe('a b f');
    expect(expand('a [b|c [d|e]] f', speaker(1, 1))).toBe('a c e f');
    expect(expand('a[| b]', speaker(0))).toBe('a');
  });

  it('fills in roles, the hero by default, capitals on request', () => {
    expect(expand('{hero} and {His} {friend} {friend:he} {Friend:He}', speaker())).toBe(
      'Ada and Her Ben he He',
    );
  });

  it('speaks phrases about whom they are said, also within phrases', () => {
    expect(expand('<glad>; <glad:friend>', speaker())).toBe('Ada was glad; Ben was glad');
    expect(expand('<glad:friend>', speaker(0, 1))).toBe('Ben was glad, he said');
  });

  it('reads a pattern over several lines as one', () => {
    expect(expand('one\n   two', speaker())).toBe('one two');
  });

  it('says what is wrong with a pattern', () => {
    expect(() => expand('a [b|c', speaker())).toThrow('no closing ] at character 6 of the pattern "a [b|c"');
    expect(() => expand('a ] b', speaker())).toThrow('a stray ]');
    expect(() => expand('{hero', speaker())).toThrow('no closing }');
    expect(() => expand('{dragon:he}', speaker())).toThrow(
      '{dragon:he}: this story has no such role or form',
    );
  });
});

describe('polish', () => {
  it.each([
    ['a apple and a big orange', 'An apple and a big orange'],
    ['it was A old owl. a one-eyed one, a useful one', 'It was An old owl. A one-eyed one, a useful one'],
    ['he ran.  then he  stopped! was it over?', 'He ran. Then he stopped! Was it over?'],
    ['"yes," said Tom, "and no." then he left', '"Yes," said Tom, "and no." Then he left'],
    ['"stop!" cried Ada.\n\nshe ran. "wait for me!"', '"Stop!" cried Ada.\n\nShe ran. "Wait for me!"'],
  ])('%j becomes %j', (from, to) => {
    expect(polish(from)).toBe(to);
  });
});
