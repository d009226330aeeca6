// Chooses who and what a story is about. Hero and friend have different pronouns, so that "he" is never
// ambiguous; the two things of a story differ in noun and color.
import type { Random } from '@lilformer/random';
import type { Forms } from './grammar.js';
import { ANIMAL_NAMES, BOYS, CHILD_LOOKS, ELDERS, type Folk, GIRLS, HOMES, SPECIES } from './words/people.js';
import { PLACES, WEATHERS } from './words/places.js';
import { list } from './words/table.js';
import { COLORS, THINGS } from './words/things.js';
import { TRAITS } from './words/traits.js';

/** A kind of story. */
export interface Plot {
  readonly name: string;
  /** The tags that its first and second thing and its place must have. */
  readonly thing?: string;
  readonly other?: string;
  readonly place?: string;
  /** Whether the story starts by introducing the thing as the hero's own. */
  readonly owns?: boolean;
  /** Alternatives for what the story teaches. */
  readonly lessons: string;
  /** The template of everything between the introduction and the ending. */
  readonly text: string;
}

export interface Cast {
  readonly folk: Folk;
  readonly roles: Record<string, Forms>;
  readonly facts: Set<string>;
}

/** Draws a cast that suits a plot. */
export function cast(random: Random, plot: Plot): Cast {
  const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)];
  const two = <T>(items: readonly T[]): [T, T] => {
    const first = random.integer(items.length);
    return [items[first], items[(first + 1 + random.integer(items.length - 1)) % items.length]];
  };
  const tagged = <T extends { readonly tags: string }>(items: readonly T[], tag?: string): T[] =>
    tag === undefined ? [...items] : items.filter((item) => ` ${item.tags} `.includes(` ${tag} `));

  const folk: Folk = random.uniform() < 0.6 ? 'child' : 'animal';
  const female = random.uniform() < 0.5;
  const hand = folk === 'child' ? 'hand' : 'paw';
  const traits = two(TRAITS);
  const looks = two(list(CHILD_LOOKS));
  const species = two(SPECIES);
  const names =
    folk === 'child' ? [pick(female ? GIRLS : BOYS), pick(female ? BOYS : GIRLS)] : two(ANIMAL_NAMES);
  const person = (i: 0 | 1): Forms => {
    const isFemale = female === (i === 0);
    const body = folk === 'child' ? { kind: isFemale ? 'girl' : 'boy', look: looks[i] } : species[i];
    return { ...traits[i], ...body, name: names[i], ...pronouns(isFemale), hand, hands: `${hand}s` };
  };
  const hero = person(0);
  const friend = person(1);
  const elder = pick(ELDERS.filter((one) => one.folk === folk));

  const place = pick(tagged(tagged(PLACES, folk), plot.place));
  const [spot, spot2, spot3] = shuffled(list(place.spots), random);
  const [sight, sight2] = two(list(place.sights));
  const tags = place.tags.split(' ');
  const weather = pick(WEATHERS.filter(({ needs }) => needs === '' || tags.includes(needs)));

  const colors = two(COLORS);
  const noun = pick(tagged(THINGS, plot.thing));
  const otherNoun = pick(tagged(THINGS, plot.other).filter((one) => one !== noun));
  const thing = (model: (typeof THINGS)[number], color: string): Forms => {
    const [mark, sign] = pick(list(model.marks)).split('=');
    const [play, pastime] = two(list(model.play));
    return {
      name: `${color} ${model.noun}`,
      noun: model.noun,
      color,
      full: `${pick(list(model.sizes))} ${color} ${pick(list(model.materials))} ${model.noun}`,
      mark,
      sign,
      play,
      pastime,
      toplay: pick(list(model.toplay)),
    };
  };

  return {
    folk,
    facts: new Set(tags.includes('outdoor') ? [folk, 'outdoor'] : [folk]),
    roles: {
      hero,
      friend: { ...friend, first: `${hero.his} best friend ${friend.name}` },
      elder: {
        name: elder.name,
        first: elder.name,
        ...pronouns(elder.he === 'she'),
        hand,
        hands: `${hand}s`,
      },
      home: pick(HOMES.filter((one) => one.folk === folk)),
      place: {
        name: place.name,
        in: place.in,
        spot,
        spot2,
        spot3,
        sight,
        sight2,
        animal: pick(list(place.animals)),
      },
      weather,
      thing: thing(noun, colors[0]),
      other: thing(otherNoun, colors[1]),
      plot: { lessons: plot.lessons },
    },
  };
}

/** The pronouns of a person, named after the masculine forms. */
function pronouns(female: boolean): Forms {
  return female
    ? { he: 'she', him: 'her', his: 'her', himself: 'herself' }
    : { he: 'he', him: 'him', his: 'his', himself: 'himself' };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
