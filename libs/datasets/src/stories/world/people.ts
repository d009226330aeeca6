// Who can be in a story: children and young animals, and the grown-ups around them.
import type { Forms } from '../grammar.js';

/** The two worlds that do not mix: children have aunts and kitchens, animals have burrows. */
export type Folk = 'child' | 'animal';

export const GIRLS =
  `Ada Alma Anna Bella Clara Daisy Ella Emma Fern Freya Greta Hana Ida Iris Jane Kira Lila Lucy Maya Mia Nina
  Nora Olive Poppy Rosa Ruby Sara Tess Vera Wren Zoe`.split(/\s+/);
export const BOYS =
  `Adam Ali Anton Ben Carl Dan Eli Felix Finn George Hugo Ian Jack Jonas Kai Leo Luca Max Milo Ned Noah Omar
  Oscar Otto Paul Ravi Sam Theo Tom Toby Yusuf`.split(/\s+/);
export const ANIMAL_NAMES =
  `Acorn Biscuit Bramble Bilberry Clover Cricket Dot Fidget Hazel Juniper Maple Moss Nutmeg Pebble Pepper Pickle
  Pip Plum Pumpkin Sprout Thistle Tuft Twig Willow`.split(/\s+/);

export const SPECIES = [
  'rabbit',
  'mouse',
  'fox',
  'bear',
  'hedgehog',
  'squirrel',
  'mole',
  'badger',
  'otter',
  'beaver',
  'raccoon',
  'hamster',
] as const;

/** How a young animal looks, said once when it comes in. */
export const LOOKS: Record<(typeof SPECIES)[number], string> = {
  rabbit: 'long soft ears',
  mouse: 'a thin pink tail',
  fox: 'a bushy tail',
  bear: 'round fuzzy ears',
  hedgehog: 'prickles that stood up every which way',
  squirrel: 'a tail like a feather duster',
  mole: 'a velvet coat',
  badger: 'a striped nose',
  otter: 'whiskers that were always wet',
  beaver: 'two very large front teeth',
  raccoon: 'rings around the tail',
  hamster: 'cheeks big enough for a whole lunch',
};

export const CHILD_LOOKS = [
  'curly hair',
  'a gap between two front teeth',
  'freckles on both cheeks',
  'untidy hair',
  'pockets full of pebbles',
  'muddy knees',
  'round glasses',
  'socks that never matched',
  'a very loud laugh',
  'a bandage on one knee',
];

const HE = { he: 'he', him: 'him', his: 'his', himself: 'himself' };
const SHE = { he: 'she', him: 'her', his: 'her', himself: 'herself' };

/** The pronoun forms, named after the masculine ones. */
export function pronouns(female: boolean): Forms {
  return female ? SHE : HE;
}

export interface Elder {
  readonly name: string;
  readonly female: boolean;
  /** Whether the hero lives in this grown-up's house. */
  readonly home: boolean;
}

export const ELDERS: Record<Folk, readonly Elder[]> = {
  child: [
    { name: 'Mom', female: true, home: true },
    { name: 'Dad', female: false, home: true },
    { name: 'Grandma', female: true, home: true },
    { name: 'Grandpa', female: false, home: true },
    { name: 'Aunt June', female: true, home: true },
    { name: 'Uncle Bob', female: false, home: true },
  ],
  animal: [
    { name: 'Mama', female: true, home: true },
    { name: 'Papa', female: false, home: true },
    { name: 'Granny', female: true, home: true },
    { name: 'Old Turtle', female: false, home: false },
    { name: 'Grandpa Toad', female: false, home: false },
    { name: 'Mother Owl', female: true, home: false },
  ],
};

/** Where the hero lives: `a` when it is first told, `name` afterwards. */
export const HOMES: Record<Folk, readonly Forms[]> = {
  child: [
    { name: 'the yellow house', a: 'a yellow house at the end of the lane', door: 'front door' },
    { name: 'the little cottage', a: 'a little cottage beside the mill', door: 'front door' },
    { name: 'the tall house', a: 'a tall house with a crooked chimney', door: 'front door' },
    { name: 'the white house', a: 'a white house near the station', door: 'front door' },
    { name: 'the brick house', a: 'a brick house across from the bakery', door: 'front door' },
    { name: 'the farmhouse', a: 'a farmhouse with ivy on the walls', door: 'kitchen door' },
    { name: 'the houseboat', a: 'a houseboat on the quiet canal', door: 'cabin door' },
    { name: 'the apartment', a: 'a apartment at the top of ninety-nine stairs', door: 'front door' },
  ],
  animal: [
    { name: 'the burrow', a: 'a burrow under an old oak', door: 'round door' },
    { name: 'the hollow log', a: 'a hollow log at the edge of a clearing', door: 'bark door' },
    { name: 'the den', a: 'a den between two mossy rocks', door: 'mossy door' },
    { name: 'the snug nest', a: 'a snug nest among the roots of a beech', door: 'tiny door' },
    { name: 'the stump', a: 'a stump with a roof of leaves', door: 'wooden door' },
    { name: 'the cave', a: 'a dry cave behind a waterfall', door: 'stone door' },
  ],
};
