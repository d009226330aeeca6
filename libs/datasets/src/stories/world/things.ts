// Things that a story can turn on. A thing keeps its colour, size, material and mark from the first
// sentence to the last; the mark is how its owner knows it again.

export interface ThingModel {
  readonly noun: string;
  readonly materials: readonly string[];
  readonly sizes: readonly string[];
  /** [as first told, as recognised]: "a tiny star painted on one side", "the tiny star". */
  readonly marks: readonly (readonly [string, string])[];
  /** What one does with it, in the past tense, with "it" for the thing. */
  readonly play: readonly string[];
  /** The same as a plan, after "to". */
  readonly toPlay: readonly string[];
}

export const COLOURS = [
  'red',
  'blue',
  'green',
  'yellow',
  'purple',
  'orange',
  'pink',
  'silver',
  'brown',
  'white',
] as const;

const SMALL = ['small', 'little', 'tiny'];
const ANY = ['small', 'little', 'big', 'large'];
const PAINTED = [
  ['a tiny star painted on one side', 'the tiny star'],
  ['a moon painted on the front', 'the painted moon'],
  ['a scratch shaped like a lightning bolt', 'the lightning scratch'],
] as const;
const SEWN = [
  ['a heart sewn in one corner', 'the little heart'],
  ['a patch shaped like a leaf', 'the leaf patch'],
  ['one loose golden thread', 'the golden thread'],
] as const;
const POLISHED = [
  ['a swirl in the middle like a sleeping snail', 'the snail swirl'],
  ['a chip on one edge', 'the chip on the edge'],
  ['a thin line all the way around', 'the thin line'],
] as const;

export const THINGS: readonly ThingModel[] = [
  {
    noun: 'ball',
    materials: ['rubber', 'leather'],
    sizes: ANY,
    marks: PAINTED,
    play: ['bounced it against the wall', 'kicked it high into the air', 'rolled it down the path'],
    toPlay: ['bounce it', 'play catch with it'],
  },
  {
    noun: 'kite',
    materials: ['paper', 'silk'],
    sizes: ANY,
    marks: SEWN,
    play: ['let it climb into the wind', 'ran until it lifted off the ground', 'made it loop and dive'],
    toPlay: ['fly it', 'send it up to the clouds'],
  },
  {
    noun: 'boat',
    materials: ['wooden', 'tin'],
    sizes: SMALL,
    marks: PAINTED,
    play: ['sailed it in a puddle', 'pulled it along on a string', 'gave it a crew of acorns'],
    toPlay: ['sail it', 'float it across a puddle'],
  },
  {
    noun: 'drum',
    materials: ['wooden', 'tin'],
    sizes: ANY,
    marks: PAINTED,
    play: [
      'marched around and beat it',
      'tapped on it like rain',
      'played it so loudly that everyone held their ears',
    ],
    toPlay: ['march with it', 'play a tune on it'],
  },
  {
    noun: 'wagon',
    materials: ['wooden', 'metal'],
    sizes: ANY,
    marks: PAINTED,
    play: [
      'pulled it over every bump',
      'filled it with stones and emptied it again',
      'raced it around the corner',
    ],
    toPlay: ['pull it around', 'fill it with treasures'],
  },
  {
    noun: 'puppet',
    materials: ['wooden', 'cloth'],
    sizes: SMALL,
    marks: SEWN,
    play: ['made it bow and dance', 'gave it a squeaky voice', 'let it tell silly jokes'],
    toPlay: ['make it dance', 'put on a show with it'],
  },
  {
    noun: 'train',
    materials: ['wooden', 'tin'],
    sizes: ANY,
    marks: PAINTED,
    play: [
      'pushed it through a tunnel of leaves',
      'pushed it until the wheels squeaked',
      'let it carry pebbles',
    ],
    toPlay: ['push it along', 'build a station for it'],
  },
  {
    noun: 'top',
    materials: ['wooden', 'tin'],
    sizes: SMALL,
    marks: PAINTED,
    play: ['spun it until it hummed', 'watched it whirl and wobble', 'made it dance on a flat stone'],
    toPlay: ['spin it', 'watch it whirl'],
  },
  {
    noun: 'doll',
    materials: ['cloth', 'wooden'],
    sizes: SMALL,
    marks: SEWN,
    play: ['gave it tea in an acorn cup', 'rocked it and sang to it', 'showed it the clouds'],
    toPlay: ['give it a tea party', 'rock it to sleep'],
  },
  {
    noun: 'balloon',
    materials: [''],
    sizes: ANY,
    marks: [
      ['a smiling face drawn on it', 'the smiling face'],
      ['a long curly string', 'the curly string'],
    ],
    play: ['let it bob in the air', 'tapped it up again and again', 'walked it around like a dog'],
    toPlay: ['make it bob', 'take it for a walk'],
  },
  {
    noun: 'scarf',
    materials: ['woolen', 'knitted'],
    sizes: ['long', 'thick', 'soft'],
    marks: SEWN,
    play: ['wrapped it around twice', 'let it flutter behind like a flag', 'tied it into a great bow'],
    toPlay: ['wear it', 'let it flutter'],
  },
  {
    noun: 'hat',
    materials: ['woolen', 'straw'],
    sizes: ['floppy', 'tall', 'little'],
    marks: SEWN,
    play: ['put it on and took it off again', 'tipped it at everyone', 'wore it back to front'],
    toPlay: ['wear it', 'tip it at everyone'],
  },
  {
    noun: 'cape',
    materials: ['velvet', 'cotton'],
    sizes: ['long', 'short', 'soft'],
    marks: SEWN,
    play: ['swished it like a queen', 'ran so that it flew behind', 'hid under it and jumped out'],
    toPlay: ['swish it', 'be a hero in it'],
  },
  {
    noun: 'backpack',
    materials: ['canvas', 'leather'],
    sizes: ANY,
    marks: SEWN,
    play: ['packed it and unpacked it', 'marched up and down with it', 'filled every pocket of it'],
    toPlay: ['pack it', 'carry it on an adventure'],
  },
  {
    noun: 'blanket',
    materials: ['woolen', 'cotton'],
    sizes: ['soft', 'warm', 'small'],
    marks: SEWN,
    play: ['made a tent out of it', 'sat on it as if it could fly', 'snuggled down in it'],
    toPlay: ['make a tent out of it', 'snuggle in it'],
  },
  {
    noun: 'marble',
    materials: ['glass'],
    sizes: SMALL,
    marks: POLISHED,
    play: [
      'held it up to the light',
      'rolled it from one side to the other',
      'looked at the world through it',
    ],
    toPlay: ['roll it', 'look through it'],
  },
  {
    noun: 'button',
    materials: ['glass', 'wooden'],
    sizes: SMALL,
    marks: POLISHED,
    play: ['spun it on a string', 'polished it until it shone', 'flipped it and caught it'],
    toPlay: ['polish it', 'spin it on a string'],
  },
  {
    noun: 'shell',
    materials: [''],
    sizes: SMALL,
    marks: POLISHED,
    play: ['listened to the sea in it', 'blew into it softly', 'turned it around and around'],
    toPlay: ['listen to it', 'hear the sea in it'],
  },
  {
    noun: 'feather',
    materials: [''],
    sizes: ['small', 'long', 'tiny'],
    marks: [
      ['a dark spot at the tip', 'the dark spot'],
      ['a bend in the middle', 'the bend in the middle'],
    ],
    play: ['blew it up into the air', 'tickled everyone with it', 'stroked it very gently'],
    toPlay: ['blow it into the air', 'tickle everyone with it'],
  },
  {
    noun: 'bell',
    materials: ['brass', 'tin'],
    sizes: SMALL,
    marks: POLISHED,
    play: ['rang it three times', 'shook it to make it laugh', 'listened to it tinkle'],
    toPlay: ['ring it', 'hear it tinkle'],
  },
  {
    noun: 'whistle',
    materials: ['wooden', 'tin'],
    sizes: SMALL,
    marks: PAINTED,
    play: ['blew it as loud as a train', 'played two notes on it', 'whistled like a bird with it'],
    toPlay: ['blow it', 'play a tune on it'],
  },
  {
    noun: 'music box',
    materials: ['wooden', 'tin'],
    sizes: SMALL,
    marks: PAINTED,
    play: ['wound it up and listened', 'opened it very slowly', 'hummed along with it'],
    toPlay: ['wind it up', 'hum along with it'],
  },
  {
    noun: 'lantern',
    materials: ['paper', 'tin'],
    sizes: ANY,
    marks: PAINTED,
    play: ['made shadow rabbits in front of it', 'swung it gently', 'carried it from corner to corner'],
    toPlay: ['light it', 'make shadows with it'],
  },
  {
    noun: 'basket',
    materials: ['straw', 'willow'],
    sizes: ANY,
    marks: [
      ['a bow tied to the handle', 'the bow on the handle'],
      ['a crooked handle', 'the crooked handle'],
    ],
    play: ['filled it with pine cones', 'swung it back and forth', 'hid a surprise in it'],
    toPlay: ['fill it', 'gather berries in it'],
  },
  {
    noun: 'bucket',
    materials: ['tin', 'plastic'],
    sizes: ANY,
    marks: PAINTED,
    play: ['carried water in it', 'turned it over and drummed on it', 'filled it up to the rim'],
    toPlay: ['fill it', 'carry water in it'],
  },
  {
    noun: 'umbrella',
    materials: ['silk', 'cotton'],
    sizes: ANY,
    marks: SEWN,
    play: ['twirled it above the puddles', 'opened it and shut it again', 'danced under it'],
    toPlay: ['twirl it', 'dance under it'],
  },
  {
    noun: 'cup',
    materials: ['clay', 'tin'],
    sizes: SMALL,
    marks: POLISHED,
    play: ['drank warm milk from it', 'caught raindrops in it', 'kept wild flowers in it'],
    toPlay: ['drink from it', 'catch rain in it'],
  },
  {
    noun: 'book',
    materials: ['leather', 'cloth'],
    sizes: ['small', 'thick', 'little'],
    marks: [
      ['a ribbon between the pages', 'the ribbon'],
      ['a whale drawn on the first page', 'the whale on the first page'],
    ],
    play: ['turned the pages one by one', 'looked at all the pictures in it', 'read aloud from it'],
    toPlay: ['read it', 'look at the pictures in it'],
  },
];

/** What the wind can carry off. */
export const LIGHT: readonly string[] = ['kite', 'balloon', 'scarf', 'hat', 'feather', 'umbrella', 'blanket'];
/** What one can put on, or on a snowman. */
export const WEARABLE: readonly string[] = ['scarf', 'hat', 'cape', 'backpack', 'blanket', 'umbrella'];
/** What fits into a pocket or an envelope. */
export const POCKET: readonly string[] = ['marble', 'button', 'shell', 'feather', 'bell', 'whistle', 'top'];
/** What can break and be glued. */
export const BREAKABLE: readonly string[] = [
  'boat',
  'drum',
  'train',
  'top',
  'puppet',
  'shell',
  'whistle',
  'music box',
  'lantern',
  'cup',
];
/** What one may find beside a bed. */
export const BEDSIDE: readonly string[] = [
  'doll',
  'puppet',
  'blanket',
  'lantern',
  'train',
  'shell',
  'music box',
  'book',
];
