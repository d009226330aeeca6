import type { Random } from '@lilformer/random';
import { describe, expect, it } from 'vitest';
import { Scene } from './grammar.js';
import { polish } from './stories.js';

/** A scene that takes the given choices in order, then always the first alternative. */
function scene(...choices: number[]): Scene {
  const random = { integer: (n: number) => Math.min(choices.shift() ?? 0, n - 1) } as Random;
  const roles = {
    hero: { name: 'Ada', he: 'she', his: 'her', shows: '{he} sang [softly|loudly]' },
    friend: { name: 'Ben', he: 'he', his: 'his', shows: '{he} danced' },
  };
  const rules = { glad: '{who} was [glad|<deep>]', deep: 'glad, {he} said' };
  return new Scene(random, rules, roles, new Set(['home']));
}

describe('expand', () => {
  it('takes one of the alternatives, nested and empty ones included', () => {
    expect(scene(0, 0).expand('a [b|c [d|e]] f')).toBe('a b f');
    expect(scene(0, 1, 1).expand('a [b|c [d|e]] f')).toBe('a c e f');
    expect(scene(0, 0).expand('a[| b]')).toBe('a');
  });

  it('fills in roles, with the hero as the default person, and capitalizes on request', () => {
    expect(scene().expand('{hero} and {His} {friend} {friend:he} {Friend:He}')).toBe('Ada and Her Ben he He');
  });

  it('expands rules and forms about the given person, through nested rules', () => {
    expect(scene().expand('<glad>; <glad:friend>')).toBe('Ada was glad; Ben was glad');
    expect(scene(0, 0, 1).expand('<glad:friend>')).toBe('Ben was glad, he said');
    expect(scene().expand('{Hero:shows}, {friend:shows}, {he}')).toBe('She sang softly, he danced, she');
  });

  it('binds roles and aliases', () => {
    expect(scene().expand('{gift=a kite|a drum}{owner=@friend}{gift}, {gift:the}, {owner:his}')).toBe(
      'a kite, the kite, his',
    );
  });

  it('selects alternatives by facts', () => {
    const template = '[?home a|?!home b][?home?friend c]';
    expect(scene().expand(template)).toBe('a');
    expect(scene().expand(`{+friend}${template}`)).toBe('ac');
    expect(scene().expand(`{-home}${template}`)).toBe('b');
  });

  it('reads a template over several lines as one', () => {
    expect(scene().expand('one\n   two')).toBe('one two');
  });

  it('reports syntax errors and unknown names', () => {
    expect(() => scene().expand('a [b|c')).toThrow('template "a [b|c", character 6: expected ]');
    expect(() => scene().expand('a ] b')).toThrow('character 2: unexpected character');
    expect(() => scene().expand('{hero')).toThrow('unexpected character');
    expect(() => scene().expand('{dragon:he}')).toThrow('{dragon:he}: unknown role or form');
    expect(() => scene().expand('<roar>')).toThrow('<roar>: unknown rule');
  });
});

describe('polish', () => {
  it.each([
    ['a apple and a big orange', 'An apple and a big orange'],
    ['it was A old owl. a one-eyed one, a useful one', 'It was An old owl. A one-eyed one, a useful one'],
    ['he ran.  then he  stopped! was it over?', 'He ran. Then he stopped! Was it over?'],
    ['"yes," said Tom, "and no." then he left', '"Yes," said Tom, "and no." Then he left'],
    ['"stop!" cried Ada. ¶ ¶ she ran. "wait for me!"', '"Stop!" cried Ada.\n\nShe ran. "Wait for me!"'],
  ])('%j becomes %j', (from, to) => {
    expect(polish(from, '\n\n')).toBe(to);
  });
});
