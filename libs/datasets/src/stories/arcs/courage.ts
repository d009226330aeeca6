// Stories of nerve: a fear overcome, and a race.
import { meetFriend } from '../prose/openings.js';
import { plant } from '../prose/keepsakes.js';
import { POCKET } from '../world/things.js';
import type { Arc } from '../scene.js';

/** A fear: its name after "afraid of", where it waits, and what it really is. */
const FEARS = [
  {
    of: 'the dark',
    start: `{Hero} had to fetch a jar of jam from the cellar, where it was as dark as in a sack.`,
    truth: `It was only dark. The jars stood in their rows, just as they did by day, and a cricket chirped to keep {him} company.`,
  },
  {
    of: 'thunder',
    start: `Black clouds rolled up, and in the distance it began to rumble.`,
    truth: `With each rumble {he} counted, and with each count the thunder moved farther away. It was only the sky, moving its furniture.`,
  },
  {
    of: 'deep water',
    start: `All the others had jumped into the lake. Only {hero} still stood on the edge.`,
    truth: `The water was cold for one moment, and then it carried {him} like a big soft hand.`,
  },
  {
    of: 'high places',
    start: `A ball had landed on the roof of the shed, and somebody had to climb up the ladder.`,
    truth: `From the top {he} saw the whole world: the fields, the roofs, the silver river. It was beautiful.`,
  },
  {
    of: 'the big dog',
    start: `Behind the gate on the way home lived a big dog with a very big bark.`,
    truth: `The dog sniffed {his} {hand} and wagged its tail. It had only barked because it wanted somebody to play with.`,
  },
  {
    of: 'strange noises',
    start: `Something in the wall went tap, tap, scratch.`,
    truth: `It was nothing but a branch that tapped on the window, asking to come in out of the wind.`,
  },
  {
    of: 'speaking in front of others',
    start: `At the summer party, {hero} was supposed to say a poem, and everybody would be watching.`,
    truth: `The first word was the hardest. The second was easier. The rest came all by themselves, and then everybody clapped.`,
  },
  {
    of: 'the old bridge',
    start: `To get to the berry bushes, one had to cross the old rope bridge, which swung and creaked.`,
    truth: `The bridge swung, but it held. In the middle {he} even stopped to look down at the fish.`,
  },
] as const;

export const fearOvercome: Arc = {
  name: 'a fear overcome',
  thing: POCKET,
  place: 'outdoor',
  lessons: [
    `Being brave does not mean that you have no fear. It means that you take it by the {hand}.`,
    `The fear had been much bigger than the thing itself.`,
    `{Hero} was still a little afraid sometimes, but now {he} knew what to do.`,
    `Fear gets smaller when you walk toward it.`,
  ],
  tell(s) {
    const fear = s.pick(FEARS);
    s.let('fear', fear.of);
    s.let(
      'trick',
      'count to five',
      'hum a tune',
      'hold on to something and breathe slowly',
      'think of something funny',
      'laugh out loud',
      'wiggle every toe',
    );
    s.say(
      `There was one thing that {hero} was afraid of: {fear}.`,
      `But {hero} had a secret. {He} was afraid of {fear}.`,
      `Only one thing made {his} knees go soft, and that was {fear}.`,
      `{Hero} did not like {fear}, not one bit.`,
    );
    plant(s);
    s.paragraph();
    s.say(
      `And of course, sooner or later, it had to happen.`,
      `Then, last year, there was no way around it.`,
      `One {weather} day it happened.`,
      `Then came a day that {hero} would remember.`,
      `One evening, when nobody expected it, the time had come.`,
      `Last summer something happened.`,
    );
    s.say(fear.start);
    s.say(
      `<shows-fear>.`,
      `{Hero} was <afraid>, and <shows-fear>.`,
      `"I cannot do it," {he} <whispered>. <shows-fear>.`,
    );
    s.branch(
      () =>
        s.say(
          `"Do you know what I do when I am afraid?" <asked> {elder}. "I {trick}."`,
          `{Elder} knelt down beside {him}. "I used to be afraid of {fear} too," <said> {elder}. "It helps to {trick}."`,
        ),
      () => {
        s.told.add('friend');
        s.say(
          `{His} friend {friend} stood next to {him}. "I am not laughing," <said> {friend}. "I get scared too. Then I {trick}."`,
          `"I will stay right here," <said> {friend}, {his} best friend. "We can do it together. First we {trick}."`,
        );
      },
      () => {
        s.say(
          `There was nobody to ask. {Hero} had to find a way alone.`,
          `<shows-thought>. What would {elder} do now? {Elder} would {trick}, of course.`,
        );
        s.say(
          `"It cannot hurt to {trick}," thought {hero}, and {he} did it twice, to be sure.`,
          `"I could {trick}," {he} thought. So that is what {he} did.`,
          `So {he} tried to {trick}. It helped, a little.`,
        );
      },
      () => {
        s.say(
          `{Hero} held the {thing:full} that {he} always carried with {him}. {He} felt for {thing:mark} with one {hand}. That gave {him} courage.`,
          `In {his} bag there was a {thing:full} with {thing:mark}. {Hero} held on to it tightly. "You come with me," {he} told it.`,
        );
        s.told.add('thing');
      },
    );
    s.trait('dares');
    s.say(
      `Then {he} took one step, because {because}. And another.`,
      `"One, two, three," {he} <whispered>. And {he} did it, because {because}.`,
      `{He} still trembled. But {he} did not turn back, because {because}.`,
    );
    s.paragraph();
    s.say(fear.truth);
    s.say(
      `"I did it!" <cried> {hero}.`,
      `<shows-happy>. "Was that all?" <laughed> {hero}.`,
      `{Hero} felt <proud>.`,
      `{He} felt ten feet tall.`,
    );
    s.maybe(
      0.5,
      `The next time, {hero} hardly thought of {fear} at all.`,
      `"May I do it again?" {he} <asked>.`,
      `And {fear}? It never bothered {him} quite so much again.`,
    );
    s.paragraph();
  },
};

export const race: Arc = {
  name: 'the race',
  place: 'outdoor',
  lessons: [
    `There are things that count more than coming first.`,
    `{Hero} had not won the race, but {he} had won something else.`,
    `It does not matter how fast you are if you run right past a friend.`,
    `A medal can hang on a wall, but a good deed goes with you.`,
  ],
  tell(s) {
    s.let(
      'prize',
      'a golden ribbon',
      'a basket of cherries',
      'a golden cup',
      'a wreath of flowers',
      'a jar of honey',
      'a giant pumpkin',
    );
    s.say(
      `The day of the great race had come. It started at {place}, and the prize was {prize}.`,
      `Every year there was a race around {place}. The winner got {prize}.`,
      `"Today is the race!" <cried> {hero}. The fastest of all would win {prize}.`,
    );
    s.about('hero', ...s.world.weather.starts, `{place:sight}`);
    s.told.add('outdoors');
    plant(s);
    meetFriend(s);
    s.say(
      `"I will win," <said> {hero}. "We will see," <laughed> {friend}.`,
      `They stood side by side on the line. {Hero} was <excited>.`,
      `"Good luck," <said> {friend}. "Good luck to you too," <replied> {hero}.`,
    );
    s.paragraph();
    s.say(
      `"Ready, steady, go!" <cried> {elder}, and off they went.`,
      `A bell rang, and everyone began to run.`,
      `{Elder} dropped a handkerchief, and the race was on.`,
    );
    s.say(
      `{Hero} was in front. {His} heart pounded, and the crowd cheered.`,
      `First {friend} was ahead, then {hero}, then {friend} again.`,
      `The wind whistled around {his} ears, and the ground flew by.`,
    );
    s.branch(
      () => {
        s.say(
          `<suddenly> {friend} tripped {place:spot2} and fell. "Ouch, my knee!" <cried> {friend}.`,
          `Then {hero} heard a cry behind {him}. {Friend} had slipped and was sitting on the ground, {place:spot2}.`,
        );
        s.trait('cares');
        s.say(
          `The finish was so near. But {hero} turned around, because {because}.`,
          `{Hero} looked at the finish. Then {he} looked at {friend}. {He} ran back, because {because}.`,
        );
        s.say(
          `"You will lose!" <said> {friend}. "I do not care," <replied> {hero}, and helped {friend:him} up.`,
          `{He} pulled {friend} up, and they crossed the line together, last of all.`,
        );
        s.say(
          `Somebody else got {prize:the}. But everyone clapped the loudest for the two who came last.`,
          `{Elder} gave {prize:the} to the winner, and then made a second prize for {hero}, out of [paper|leaves]. "For the kindest runner," it said.`,
        );
      },
      () => {
        s.say(
          `{Hero} was so far ahead that {he} sat down {place:spot2} to rest. The grass was soft. {His} eyes closed, only for a moment.`,
          `"I have plenty of time," thought {hero}, and {he} stopped {place:spot2} to look at a {place:dweller}. It was a very interesting {place:dweller}.`,
        );
        s.say(
          `When {he} looked up again, {friend} was running past. {Hero} jumped up, but it was too late.`,
          `Then the crowd cheered. {Friend} had won!`,
        );
        s.say(
          `For a moment {hero} was <angry>. Then {he} saw how <happy:friend> {friend} was, and {he} clapped too.`,
          `<shows-shame>. But {friend} shared {prize:the} with {him} and <said>, "Next time, do not stop before the end."`,
        );
      },
      () => {
        s.trait('dares');
        s.say(
          `They ran and ran, side by side, and neither of them could get ahead.`,
          `Halfway there {his} side began to hurt. But {hero} went on, because {because}.`,
        );
        s.say(
          `At the very last moment {hero} stretched out {his} nose and won, by the width of a whisker! {He} looked at {friend} and <said>, "Without you I would never have run so fast."`,
          `They crossed the line at exactly the same time. "Both of you have won," <said> {elder}. So they shared {prize:the}, half and half.`,
        );
      },
    );
    s.paragraph();
  },
};
