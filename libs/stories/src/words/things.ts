// Things that a story can turn on. A thing keeps its color, size, material and mark throughout a story; the
// mark is how its owner recognizes it.
import { table } from './table.js';

export const COLORS = 'red blue green yellow purple orange pink silver brown white'.split(' ');

/** Sizes and marks shared by several things. A mark: as first mentioned, then after "=" as recognized. */
const SHARED: Readonly<Record<string, string>> = {
  small: 'small|little|tiny',
  'any size': 'small|little|big|large',
  painted: `a tiny star painted on one side=the tiny star|a moon painted on the front=the painted moon|
    a scratch shaped like a lightning bolt=the lightning scratch`,
  sewn: `a heart sewn in one corner=the little heart|a patch shaped like a leaf=the leaf patch|
    one loose golden thread=the golden thread`,
  polished: `a swirl in the middle like a sleeping snail=the snail swirl|a chip on one edge=the chip
    on the edge|a thin line all the way around=the thin line`,
};

/** `tags`: the kinds of plot that a thing suits; `play`: in the past tense; `toplay`: the same after "to". */
export const THINGS = table(`
noun; tags; sizes; materials; marks; play; toplay
ball; ; any size; rubber|leather; painted; bounced it against the wall|kicked it high into the air|rolled it
  down the path; bounce it|play catch with it
kite; ; any size; paper|silk; sewn; let it climb into the wind|ran until it lifted off the ground|made it
  loop and dive; fly it|send it up to the clouds
boat; breakable; small; wooden|tin; painted; sailed it in a puddle|pulled it along on a string|gave it a crew
  of acorns; sail it|float it across a puddle
puppet; breakable; small; wooden|cloth; sewn; made it bow and dance|gave it a squeaky voice|let it
  tell silly jokes; make it dance|put on a show with it
train; breakable; any size; wooden|tin; painted; pushed it through a tunnel of leaves|pushed it until
  the wheels squeaked|let it carry pebbles; push it along|build a station for it
top; pocket breakable; small; wooden|tin; painted; spun it until it hummed|watched it whirl and wobble|made it
  dance on a flat stone; spin it|watch it whirl
doll; ; small; cloth|wooden; sewn; gave it tea in an acorn cup|rocked it and sang to it|showed it the
  clouds; give it a tea party|rock it to sleep
scarf; wearable; long|thick|soft; woolen|knitted; sewn; wrapped it around twice|let it flutter behind
  like a flag|tied it into a great bow; wear it|let it flutter
hat; wearable; floppy|tall|little; woolen|straw; sewn; put it on and took it off again|tipped it at
  everyone|wore it back to front; wear it|tip it at everyone
backpack; wearable; any size; canvas|leather; sewn; packed it and unpacked it|marched up and down with
  it|filled every pocket of it; pack it|carry it on an adventure
blanket; wearable; soft|warm|small; woolen|cotton; sewn; made a tent out of it|sat on it as if
  it could fly|snuggled down in it; make a tent out of it|snuggle in it
marble; pocket; small; glass; polished; held it up to the light|rolled it from one side to the other|looked at
  the world through it; roll it|look through it
button; pocket; small; glass|wooden; polished; spun it on a string|polished it until it shone|flipped it and
  caught it; polish it|spin it on a string
shell; pocket breakable; small; ; polished; listened to the sea in it|blew into it softly|turned it
  around and around; listen to it|hear the sea in it
feather; pocket; small|long|tiny; ; a dark spot at the tip=the dark spot|a bend in the middle=the bend
  in the middle; blew it up into the air|tickled everyone with it|stroked it very gently; blow it into the
  air|tickle everyone with it
bell; pocket; small; brass|tin; polished; rang it three times|shook it to make it laugh|listened to it tinkle;
  ring it|hear it tinkle
whistle; pocket breakable; small; wooden|tin; painted; blew it as loud as a train|played two notes on
  it|whistled like a bird with it; blow it|play a tune on it
music box; breakable; small; wooden|tin; painted; wound it up and listened|opened it very
  slowly|hummed along with it; wind it up|hum along with it
lantern; breakable; any size; paper|tin; painted; made shadow rabbits in front of it|swung it
  gently|carried it from corner to corner; light it|make shadows with it
umbrella; ; any size; silk|cotton; sewn; twirled it above the puddles|opened it and shut it
  again|danced under it; twirl it|dance under it
book; ; small|thick|little; leather|cloth; a ribbon between the pages=the ribbon|a whale drawn on the
  first page=the whale on the first page; turned the pages one by one|looked at all the pictures in it|read
  aloud from it; read it|look at the pictures in it`).map((thing) => ({
  ...thing,
  sizes: SHARED[thing.sizes] ?? thing.sizes,
  marks: SHARED[thing.marks] ?? thing.marks,
}));
