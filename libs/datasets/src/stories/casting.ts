// Chooses the facts of a story: who, where, with what. Hero and friend never share a pronoun, so that
// "he" and "she" always say who is meant; no two things of a story share a noun or a colour.
import type { Random } from '@lilformer/random';
import type { Forms } from './grammar.js';
import type { Arc, World } from './scene.js';
import {
  ANIMAL_NAMES,
  BOYS,
  CHILD_LOOKS,
  ELDERS,
  type Folk,
  GIRLS,
  HOMES,
  LOOKS,
  pronouns,
  SPECIES,
} from './world/people.js';
import { PLACES } from './world/places.js';
import { COLOURS, type ThingModel, THINGS } from './world/things.js';
import { type Trait, TRAITS } from './world/traits.js';
import { WEATHERS } from './world/weather.js';

/** Casts a story of this arc. */
export function cast(random: Random, arc: Arc): World {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  const others = <T>(list: readonly T[], taken: T): T => {
    const found = list.indexOf(taken);
    return list[(found + 1 + random.integer(list.length - 1)) % list.length];
  };

  const folk: Folk = arc.folk ?? (random.uniform() < 0.6 ? 'child' : 'animal');
  const female = random.uniform() < 0.5;
  const trait = pick(TRAITS);
  const friendTrait = others(TRAITS, trait);

  const person = (name: string, isFemale: boolean, nature: Trait, kind: string, look: string): Forms => ({
    name,
    kind,
    look,
    trait: nature.word,
    hand: folk === 'child' ? 'hand' : 'paw',
    hands: folk === 'child' ? 'hands' : 'paws',
    ...pronouns(isFemale),
  });
  let hero: Forms;
  let friend: Forms;
  if (folk === 'child') {
    const kind = (isFemale: boolean): string => (isFemale ? 'girl' : 'boy');
    const look = pick(CHILD_LOOKS);
    hero = person(pick(female ? GIRLS : BOYS), female, trait, kind(female), look);
    friend = person(
      pick(female ? BOYS : GIRLS),
      !female,
      friendTrait,
      kind(!female),
      others(CHILD_LOOKS, look),
    );
  } else {
    const species = pick(SPECIES);
    const name = pick(ANIMAL_NAMES);
    const second = others(SPECIES, species);
    hero = person(name, female, trait, species, LOOKS[species]);
    friend = person(others(ANIMAL_NAMES, name), !female, friendTrait, second, LOOKS[second]);
  }

  const { place: wish } = arc;
  const place = pick(
    PLACES.filter(
      (p) =>
        p.folk.includes(folk) &&
        (wish === undefined || (wish === 'outdoor' ? p.outdoor : wish.includes(p.name))),
    ),
  );
  const weather = pick(WEATHERS.filter((w) => w.only === undefined || w.only.includes(place.name)));
  const spots = shuffled(place.spots, random);
  const sights = shuffled(place.sights, random);

  const suits = (nouns: readonly string[] | undefined): ThingModel[] =>
    THINGS.filter((t) => nouns === undefined || nouns.includes(t.noun));
  friend = { ...friend, first: `${hero.his} best friend ${friend.name}` };

  const model = pick(suits(arc.thing));
  const colour = pick(COLOURS);
  const elder = pick(ELDERS[folk]);
  const home = pick(HOMES[folk]);

  return {
    folk,
    trait,
    friendTrait,
    place,
    weather,
    roles: {
      hero,
      friend,
      elder: {
        name: elder.name,
        first: elder.name,
        hand: hero.hand,
        hands: hero.hands,
        ...pronouns(elder.female),
      },
      place: {
        name: place.name,
        in: place.in,
        spot: spots[0],
        spot2: spots[1],
        spot3: spots[2],
        sight: sights[0],
        sight2: sights[1],
        dweller: pick(place.dwellers),
      },
      home,
      weather: { name: weather.word },
      thing: thing(model, colour, random),
      other: thing(pick(suits(arc.other).filter((t) => t !== model)), others(COLOURS, colour), random),
    },
  };
}

function thing(model: ThingModel, colour: string, random: Random): Forms {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  const size = pick(model.sizes);
  const [play, pastime] = shuffled(model.play, random);
  const [mark, sign] = pick(model.marks);
  return {
    name: `${colour} ${model.noun}`,
    noun: model.noun,
    colour,
    full: `${size} ${colour} ${pick(model.materials)} ${model.noun}`,
    mark,
    sign,
    play,
    pastime,
    toplay: pick(model.toPlay),
  };
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
