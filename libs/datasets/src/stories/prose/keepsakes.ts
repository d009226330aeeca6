// Small threads that run beside the plot: something brought up near the beginning returns at the end.
// Each thread names what it needs, so that a story without a friend never thanks one.
import type { Scene } from '../scene.js';

export interface Keepsake {
  readonly needs?: 'friend' | 'home';
  readonly outdoor?: boolean;
  plant(s: Scene): void;
  pay(s: Scene): void;
}

const NUMBERS = ['two', 'three', 'four', 'five', 'six', 'seven'] as const;

export const KEEPSAKES: readonly Keepsake[] = [
  {
    // Something to eat, carried in a pocket.
    plant(s) {
      s.let(
        'snack',
        'a ginger cookie',
        'a pear',
        'a raisin bun',
        'a carrot',
        'a piece of cheese',
        'a handful of nuts',
        'an apple',
        'a honey cake',
      );
      s.say(
        `In {his} [pocket|bag] {he} had {snack} for later.`,
        `{Elder} had given {him} {snack} to take along.`,
        `"Here is {snack}, in case you get hungry," {elder} had said.`,
      );
    },
    pay(s) {
      if (s.told.has('friend') && s.chance(0.7)) {
        s.say(
          `Then {hero} remembered {snack:the}. {He} broke it in half and gave the bigger half to {friend}.`,
          `{Hero} still had {snack:the}, so {he} shared it with {friend}, bite by bite.`,
          `They sat down and ate {snack:the} together, down to the last crumb.`,
        );
      } else {
        s.say(
          `On the way home {hero} found {snack:the} in {his} [pocket|bag], and it tasted better than ever.`,
          `And {snack:the}? {Hero} ate it very slowly, and it was the best {he} had ever tasted.`,
          `At last {hero} remembered {snack:the} and ate it all up.`,
        );
      }
    },
  },
  {
    // A small creature that comes back.
    outdoor: true,
    plant(s) {
      s.say(
        `A [small|little|tiny|] {place:dweller} watched {him} from close by, and {hero} [waved at|nodded to|said hello to] it.`,
        `On the way {he} stopped to [look at|greet|admire] a {place:dweller}. "Good day to you," <said> {hero}.`,
        `A {place:dweller} crossed {his} path, and {he} stood still to let it pass.`,
      );
    },
    pay(s) {
      s.say(
        `When {hero} [went home|turned to go], the {place:dweller} was [still there|there again], and {he} told it everything.`,
        `The {place:dweller} had seen it all, but it kept the story to itself.`,
        `"Good night," <said> {hero} to the {place:dweller}, and {he} was almost sure that it [winked|nodded].`,
      );
    },
  },
  {
    // A number of somethings, which is still that number.
    outdoor: true,
    plant(s) {
      s.let('count', ...NUMBERS);
      s.let('flock', 'swallows', 'white pebbles', 'acorns', 'snails', 'daisies', 'mushrooms', 'ladybugs');
      s.say(
        `{Hero} counted {count} {flock} on the way.`,
        `There were {count} {flock} along the path. {Hero} counted them twice.`,
        `"{count} {flock}," {hero} counted. "That must be a lucky number."`,
      );
    },
    pay(s) {
      s.say(
        `Going home, {he} looked for the {count} {flock}, and yes, there were still {count}.`,
        `"{count} {flock} really do bring luck," thought {hero}.`,
        `That night {hero} dreamed of {count} {flock}, all in a row.`,
      );
    },
  },
  {
    // A tune.
    plant(s) {
      s.let(
        'song',
        'about a goat in a boat',
        'about the moon and a spoon',
        'about ten green frogs',
        'about a bear who liked pears',
        'about a king with a squeaky shoe',
        'about the rain on the roof',
        'about a whale who told tales',
      );
      s.say(
        `{Hero} was [humming|singing] a song {song}.`,
        `All morning a song {song} had been going around in {his} head.`,
        `{He} hummed a song {song}, as {he} always did when {he} was in a good mood.`,
      );
    },
    pay(s) {
      s.say(
        `[And soon|Then] {hero} was humming again, the song {song}.`,
        `{Hero} began to sing the song {song}, a little louder than before.`,
        ...(s.told.has('friend')
          ? [`Side by side they sang the song {song}, though {friend} knew only half of the words.`]
          : [`All the way home {he} sang the song {song}.`]),
      );
    },
  },
  {
    // A rule or a saying from a grown-up.
    plant(s) {
      s.let(
        'saying',
        'every cloud has a way around it',
        'small steps climb tall hills',
        'a trouble shared is half a trouble',
        'the truth is the shortest road',
        'tomorrow has not made any mistakes yet',
        'a friend is a light in the fog',
        'even the oak was once an acorn',
        'you never know until you try',
      );
      s.say(
        `{Elder} always said that {saying}, but {hero} had never really understood it.`,
        `"Remember," {elder} liked to say, "{saying}."`,
        `"{saying}," {elder} had told {him} at breakfast.`,
      );
    },
    pay(s) {
      s.say(
        `Now {hero} understood what {elder} had meant: {saying}.`,
        `"{saying}," <whispered> {hero}, and {he} smiled.`,
        `{Elder} was right, then, and {saying}.`,
      );
    },
  },
  {
    // Supper at home.
    needs: 'home',
    plant(s) {
      s.let('supper', ...s.phrases('snack'));
      s.say(
        `"Be home in time, there will be {supper} tonight," {elder} had called from the {home:door}.`,
        `{Elder} had promised {supper} for supper.`,
        `{home} already smelled of cooking: there would be {supper} later.`,
      );
    },
    pay(s) {
      s.say(
        `Back at {home}, there was {supper}, just as {elder} had promised.`,
        `At {home} {elder} was waiting with {supper}, and {hero} told the whole story between two bites.`,
        `And when {hero} opened the {home:door}, {he} smelled it at once: {supper}!`,
      );
    },
  },
  {
    // A pebble, a leaf: a small find kept on the windowsill.
    outdoor: true,
    plant(s) {
      s.let(
        'find',
        'a smooth gray pebble',
        'a leaf with seven points',
        'a snail shell',
        'a piece of green glass',
        'a pine cone',
        'an acorn with a perfect cap',
        'a bent twig that looked like a giraffe',
      );
      s.say(
        `On the way {he} picked up {find} and put it into {his} pocket.`,
        `{Hero} found {find} beside the path and kept it, for luck.`,
      );
    },
    pay(s) {
      s.say(
        `In {his} pocket {he} felt {find:the}, and {he} [laid it beside {his} bed|put it on the windowsill] to remember the day by.`,
        `"You did bring me luck," {he} told {find:the}.`,
        ...(s.told.has('friend') ? [`Before they parted, {hero} gave {friend} {find:the}, for luck.`] : []),
      );
    },
  },
  {
    // A joke or a wish between friends.
    needs: 'friend',
    plant(s) {
      s.let(
        'word',
        'gingerbread',
        'marmalade',
        'bumblebee',
        'noodle',
        'porcupine',
        'umbrella stand',
        'cauliflower',
      );
      s.say(
        `{Hero} and {friend} had a secret word. It was "{word}", and it meant that everything was all right.`,
        `"{word}!" <cried> {friend}. It was their secret greeting, and nobody else knew it.`,
      );
    },
    pay(s) {
      s.say(
        `"{word}," <said> {friend}. "{word}," <replied> {hero}. And everything was all right.`,
        `{Friend} leaned over and whispered only one word: "{Word}."`,
      );
    },
  },
];

/** Plants the story's thread, if it has one whose needs are met and that is not planted yet. */
export function plant(s: Scene): void {
  const keepsake = s.keepsake;
  if (keepsake === undefined || s.told.has('keepsake')) return;
  if (keepsake.needs !== undefined && !s.told.has(keepsake.needs)) return;
  if (keepsake.outdoor && !s.told.has('outdoors')) return;
  s.told.add('keepsake');
  keepsake.plant(s);
}

/** Takes the thread up again, if it was planted. */
export function pay(s: Scene): void {
  if (s.told.has('keepsake')) s.keepsake?.pay(s);
}
