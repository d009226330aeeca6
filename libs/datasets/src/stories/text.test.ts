// What the stories read like: well-formed English as far as a pattern can tell, facts that hold from
// the first sentence to the last, and a text that rewards a model for looking further back.
import { describe, expect, it } from 'vitest';
import { ARCS } from './arcs/arcs.js';
import { KEEPSAKES } from './prose/keepsakes.js';
import { PHRASES } from './prose/phrases.js';
import { tellStory } from './stories.js';
import { crossEntropies } from './testing/entropy.js';
import { nearDuplicates } from './testing/likeness.js';
import { ANIMAL_NAMES, BOYS, ELDERS, GIRLS } from './world/people.js';
import { COLOURS, THINGS } from './world/things.js';

const told = Array.from({ length: 2000 }, (_, i) => tellStory('text', i));
const texts = told.map((one) => one.text);

/** The stories for which a check finds something, with what it found. */
function found(check: (text: string, index: number) => unknown): string[] {
  const faults: string[] = [];
  texts.forEach((text, i) => {
    const fault = check(text, i);
    if (fault) faults.push(`story ${i} (${told[i].arc}): ${String(fault)}\n${text}`);
  });
  return faults.slice(0, 3);
}

const first = (pattern: RegExp) => (text: string) => text.match(pattern)?.[0];

describe('form', () => {
  it('is plain ASCII, 60 to 250 words, without anything left of the notation', () => {
    expect(found(first(/[^A-Za-z0-9 ,.;:!?'"\n-]/))).toEqual([]);
    expect(found(first(/undefined|null|NaN/))).toEqual([]);
    const lengths = texts.map((text) => text.split(/\s+/).length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(250);
  });

  it('has single spaces, and no stray or doubled marks or words', () => {
    expect(found(first(/ {2}|^\s|\s$| \n|\n |\n{3}/))).toEqual([]);
    expect(found(first(/\s[,.;:!?]|[,.;:!?]{2}|[,;:.!?][A-Za-z]/))).toEqual([]);
    expect(found(first(/\b(\w+) \1\b/i))).toEqual([]);
  });

  it('says "a" and "an" where they belong', () => {
    expect(found(first(/\b[Aa] (?!one\b|once\b|use|uni|eu)[aeiouAEIOU]/))).toEqual([]);
    expect(found(first(/\b[Aa]n (?![aeiouAEIOU])/))).toEqual([]);
  });

  it('balances quotes within each paragraph, and does not touch them with spaces inside', () => {
    expect(
      found((text) => text.split('\n').find((line) => (line.match(/"/g) ?? []).length % 2 === 1)),
    ).toEqual([]);
    expect(
      found((text) =>
        text
          .split('\n')
          .find((line) => line.split('"').some((part, i) => i % 2 === 1 && /^\s|\s$|^$/.test(part))),
      ),
    ).toEqual([]);
  });

  it('starts sentences with capitals and ends them with a mark', () => {
    expect(found(first(/(?:^|\n|[.!?] |\." )"?[a-z].{0,30}/))).toEqual([]);
    // After a quoted question or exclamation the sentence may go on, but then with who says it.
    const goesOn = new Set(
      [
        'said',
        'replied',
        'answered',
        'asked',
        'was',
        'they',
        'everybody',
        'he',
        'she',
        'the',
        'thought',
      ].concat(PHRASES.cried, PHRASES.whispered, PHRASES.laughed, PHRASES.grumbled, PHRASES.sighed),
    );
    expect(
      found((text) => [...text.matchAll(/[!?]" ([a-z]+)/g)].map((m) => m[1]).find((w) => !goesOn.has(w))),
    ).toEqual([]);
    expect(found((text) => text.split(/\n+/).find((line) => !/[.!?]"?$/.test(line)))).toEqual([]);
  });
});

describe('facts', () => {
  it('never changes the colour of a thing', () => {
    const nouns = THINGS.map((model) => model.noun).join('|');
    const coloured = new RegExp(`\\b(${COLOURS.join('|')})(?: [a-z]+)? (${nouns})\\b`, 'g');
    let mentions = 0;
    expect(
      found((text, i) => {
        const { thing, other } = told[i].world.roles;
        for (const [all, colour, noun] of text.matchAll(coloured)) {
          mentions++;
          if (![thing, other].some((one) => one.noun === noun && one.colour === colour)) return all;
        }
        return undefined;
      }),
    ).toEqual([]);
    expect(mentions).toBeGreaterThan(told.length / 2);
  });

  it('gives a thing one mark, and knows it again by that mark', () => {
    const signs = [...new Set(THINGS.flatMap((model) => model.marks.map(([mark]) => mark)))];
    expect(
      found((text, i) => {
        const { thing, other } = told[i].world.roles;
        return signs.find(
          (mark) => text.includes(`with ${mark}`) && mark !== thing.mark && mark !== other.mark,
        );
      }),
    ).toEqual([]);
  });

  it('names nobody who is not in the cast', () => {
    const elders = [...ELDERS.child, ...ELDERS.animal].map((elder) => elder.name);
    // Longest first, so that "Grandpa Toad" is not read as "Grandpa".
    const names = [...GIRLS, ...BOYS, ...ANIMAL_NAMES, ...elders].sort((a, b) => b.length - a.length);
    const named = new RegExp(`\\b(?:${names.join('|')})\\b`, 'g');
    expect(
      found((text, i) => {
        const { hero, friend, elder } = told[i].world.roles;
        const cast = [hero.name, friend.name, elder.name];
        return text.match(named)?.find((name) => !cast.includes(name));
      }),
    ).toEqual([]);
    expect(
      found((text, i) => !text.includes(told[i].world.roles.hero.name) && 'the hero has no name'),
    ).toEqual([]);
  });

  it('uses only the pronouns of those who are there', () => {
    // Outside of quotes. In two arcs a mother and a shopkeeper come in, who have no name.
    const unnamed = new Set(['a lost little one', 'an errand']);
    expect(
      found((text, i) => {
        const { hero, friend, elder } = told[i].world.roles;
        const present = [hero, friend, elder].filter((one) => new RegExp(`\\b${one.name}\\b`).test(text));
        const plain = text.replace(/"[^"]*"/g, '""');
        const masculine = plain.match(/\b(he|him|his|himself)\b/i);
        const feminine = plain.match(/\b(she|her|hers|herself)\b/i);
        if (masculine && !present.some((one) => one.he === 'he')) return masculine[0];
        if (feminine && !unnamed.has(told[i].arc) && !present.some((one) => one.he === 'she'))
          return feminine[0];
        return undefined;
      }),
    ).toEqual([]);
  });

  it('gives hero and friend different names and pronouns', () => {
    expect(
      told.filter(({ world: { roles } }) => {
        const { hero, friend, thing, other } = roles;
        return hero.name === friend.name || hero.he === friend.he || thing.noun === other.noun;
      }),
    ).toEqual([]);
  });

  it('keeps children and animals in their own worlds', () => {
    expect(
      found((text, i) => told[i].world.folk === 'child' && text.match(/\b(paws?|burrow|den)\b/)?.[0]),
    ).toEqual([]);
    expect(
      found(
        (text, i) =>
          told[i].world.folk === 'animal' &&
          text.replace(/"[^"]*"/g, '').match(/\b(hands|cottage|Mom|Dad)\b/)?.[0],
      ),
    ).toEqual([]);
  });
});

describe('variety', () => {
  it('tells every kind of story, each with its own lessons', () => {
    expect(ARCS.length).toBeGreaterThanOrEqual(14);
    const tellings = new Map<string, number>();
    for (const { arc } of told) tellings.set(arc, (tellings.get(arc) ?? 0) + 1);
    for (const arc of ARCS)
      expect(tellings.get(arc.name), arc.name).toBeGreaterThan(told.length / ARCS.length / 3);
    expect(new Set(ARCS.flatMap((arc) => arc.lessons)).size).toBe(ARCS.flatMap((arc) => arc.lessons).length);
    expect(KEEPSAKES.length).toBeGreaterThan(5);
  });

  it('never tells a story twice, nor one much like another', () => {
    expect(new Set(texts).size).toBe(texts.length);
    expect(nearDuplicates(texts.slice(0, 1500))).toBeLessThan(0.002);
  });

  it('keeps to the words of a small child', () => {
    const vocabulary = new Set(texts.flatMap((text) => text.toLowerCase().match(/[a-z'-]+/g) ?? []));
    expect(vocabulary.size).toBeGreaterThan(1200);
    expect(vocabulary.size).toBeLessThan(2500);
  });

  it('rewards context: two words back and more tell much that one word does not', () => {
    const [unigram, bigram, trigram, fourgram] = crossEntropies(
      texts.slice(0, 1400),
      texts.slice(1400, 1550),
      4,
    );
    expect(unigram - bigram).toBeGreaterThan(2);
    expect(bigram - trigram).toBeGreaterThan(1);
    expect(bigram - fourgram).toBeGreaterThan(1.5);
  });
});
