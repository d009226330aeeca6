// Stories of losing and finding: a thing gone missing, a small creature far from home, an old map.
import { arrive, meetFriend } from '../prose/openings.js';
import { POCKET } from '../world/things.js';
import type { Arc, Scene } from '../scene.js';

function searches(s: Scene): void {
  s.say(
    `{He} <looked> {place:spot}. [Nothing.|No {thing:noun}.] {He} <looked> {place:spot2}. [Nothing there, either.|Still nothing.]`,
    `Was it {place:spot}? No. Was it {place:spot2}? No, it was not there [either|at all].`,
    `First {he} <looked> {place:spot}, and then {place:spot2}, but [there was no {thing:noun} anywhere|it was nowhere to be seen].`,
    `{He} went all the way back and <looked> {place:spot} and {place:spot2}. {He} even looked up into the sky.`,
  );
}

export const lostAndFound: Arc = {
  name: 'lost and found',
  owns: true,
  place: 'outdoor',
  lessons: [
    `From that day on, {hero} always looked after the {thing}.`,
    `{Hero} had learned that a thing is twice as dear when it has been lost and found.`,
    `When you lose something, it helps to stop, to think, and to ask.`,
    `After that, the {thing} had its own place, and {hero} put it back there every evening.`,
    `Some things come back to us if we do not stop looking.`,
  ],
  tell(s) {
    arrive(s);
    s.say(
      `{He} [had taken the {thing} along|had the {thing} with {him}], and all morning {he} {thing:play}.`,
      `Of course the {thing} came along. {He} {thing:play}, again and again.`,
    );
    s.say(
      `But when {he} wanted to go home, the {thing} was gone!`,
      `<suddenly> {he} noticed that {his} {hands} were empty. Where was the {thing}?`,
      `After lunch {he} reached for the {thing}, and it was not there.`,
      `Then {he} put it down for one moment to [tie {his} scarf|drink some water|chase a butterfly]. When {he} came back, it had vanished.`,
    );
    s.paragraph();
    s.say(
      `{Hero} was <sad>.`,
      `<shows-sad>.`,
      `{Hero} was <worried>, and <shows-sad>.`,
      `"Oh no, my {thing}!" <cried> {hero}.`,
    );
    searches(s);
    s.branch(
      () => {
        meetFriend(s);
        s.say(
          `"What are you looking for?" <asked> {friend}. "My {thing}," <sighed> {hero}. "It has {thing:mark}."`,
          `"Have you seen a {thing:noun}?" {hero} <asked>. "It is {thing:colour}, and it has {thing:mark}."`,
        );
        s.trait('cares', 'friend');
        s.say(
          `{Friend} helped at once, because {because}. {Friend:He} <looked> {place:spot3}. "Is this it?" <cried> {friend}.`,
          `"Two pairs of eyes see more than one," <said> {friend}. And it was {friend:he} who <looked> {place:spot3}, and there it lay.`,
        );
        s.say(
          `There was {thing:sign}! It was the {thing}! {Hero} hugged {friend} [tight|three times].`,
          `{Hero} saw {thing:sign} and knew that it was {his} own. <thanks> <cried> {hero}.`,
        );
      },
      () => {
        s.trait('dares');
        s.say(
          `But {hero} did not give up, because {because}.`,
          `{Hero} sat down. <shows-thought>. Where had {he} been last?`,
          `"[Think, {hero}, think|Where was I last]," {he} told {himself}.`,
        );
        s.say(
          `Then {he} remembered: {he} had stopped {place:spot3}! {He} ran back, and there it was, {thing:sign} and all.`,
          `Step by step {he} went back the way {he} had come. And there, {place:spot3}, something {thing:colour} peeked out. It was the {thing}!`,
          `The last place {he} <looked> was {place:spot3}. Something {thing:colour} was lying there. <shows-happy>.`,
        );
      },
      () => {
        s.say(
          `<suddenly> {he} heard a [rustle|small noise] {place:spot3}. A {place:dweller} was sitting there, right beside the {thing}!`,
          `A {place:dweller} came close and looked at {him} as if to say, "Follow me." It led {him} along, and there, {place:spot3}, lay the {thing}.`,
        );
        s.say(
          `"Did you [keep it warm|look after it] for me?" <asked> {hero}. {He} checked for {thing:sign}, and it was there.`,
          `{Hero} ran one {hand} over {thing:sign}. Yes, it was {his} {thing}. "Thank you for watching over it," {he} <whispered>.`,
        );
      },
      () => {
        s.say(
          `Then {elder} came. "Somebody left this {place:spot3}," {elder} <said> and held up a {thing}. "I saw {thing:sign} and thought of you."`,
          `When {he} came home without it, {elder} was [smiling|waiting]. "Look what I found {place:spot3}," {elder} <said>. "It has {thing:mark}. Do you know whose it is?"`,
        );
        s.say(
          `"Mine!" <cried> {hero}, and <shows-happy>.`,
          `{Hero} held the {thing} [close|to {his} chest] and would not let go.`,
        );
      },
    );
    s.paragraph();
  },
};

export const lostLittleOne: Arc = {
  name: 'a lost little one',
  place: 'outdoor',
  lessons: [
    `Nobody is too small to help somebody who is even smaller.`,
    `{Hero} knew now how good it feels to bring someone home.`,
    `Everyone is somebody's little one.`,
    `Home is where somebody is looking out of the window for you.`,
  ],
  tell(s) {
    s.let('baby', 'duckling', 'kitten', 'puppy', 'chick', 'baby owl', 'lamb', 'baby goat');
    s.let('noise', 'peep', 'squeak', 'whimper', 'tiny cry');
    arrive(s);
    s.say(
      `<suddenly> {he} heard a {noise}. {place:spot} sat a {baby}, all by itself.`,
      `"What was that?" <asked> {hero}. It was a {noise}, and it came from somewhere near. {He} looked around, and there, {place:spot}, was a little {baby}.`,
    );
    s.say(
      `It [was shaking|shivered] from head to tail.`,
      `It looked up at {him} with big wet eyes.`,
      `It had lost its mother and did not know the way.`,
    );
    s.paragraph();
    s.trait('cares');
    s.say(
      `{Hero} could not just walk on, because {because}.`,
      `"Do not be afraid," <whispered> {hero}. "I will help you find your mother."`,
      `{He} knelt down and held out one {hand}. The {baby} sniffed at it and came closer.`,
    );
    s.branch(
      () => {
        meetFriend(s);
        s.say(
          `"It is much too young to be alone," <said> {friend}. "Let us follow its tracks."`,
          `"Look, there are tracks in the [mud|grass]!" <said> {friend}. "They will show us the way."`,
        );
        s.say(
          `The tracks went around in a circle {place:spot2}, and then they ended {place:spot3}.`,
          `They followed them step by step, until they stopped {place:spot3}.`,
        );
      },
      () => {
        s.say(
          `{He} wrapped it in {his} scarf and carried it. {He} asked a {place:dweller}, but it [only shook its head|did not know]. {He} looked {place:spot2}, but nobody was there.`,
          `{Hero} walked very slowly, and the {baby} [trotted|tottered] behind. They searched {place:spot2}. No mother. They listened.`,
        );
        s.say(`Then somebody answered, {place:spot3}.`, `<atlast> they heard a worried voice {place:spot3}.`);
      },
      () => {
        s.say(
          `{He} ran to {elder}, who knew every creature around. "Its family lives {place:spot3}," <said> {elder}. "But go quietly."`,
          `"What should we do?" {hero} <asked> {elder}. {Elder} thought for a moment. "Mothers always come back to where it was warm. Try {place:spot3}."`,
        );
      },
    );
    s.say(
      `There was the mother! The {baby} gave a happy {noise} and ran to her as fast as it could.`,
      `Out of the green came the mother, running. The {baby} disappeared under her, so that only its toes stuck out.`,
      `The mother had been looking everywhere. She nudged the {baby} with her nose, and then she looked at {hero} for a long time.`,
      `And there they all were: the mother and [three|four|five] more just like the {baby}. What a noisy welcome that was!`,
    );
    s.say(
      `{Hero} waved until {he} could not see them anymore.`,
      `<shows-happy>.`,
      `{Hero} was <happy>, and a tiny bit sad to say goodbye.`,
    );
    s.paragraph();
  },
};

export const oldMap: Arc = {
  name: 'the old map',
  thing: [...POCKET, 'book', 'music box', 'lantern', 'cup'],
  lessons: [
    `The best part of a treasure is the way to it.`,
    `{Hero} thought that the real treasure had been the looking.`,
    `You do not need gold to feel rich.`,
    `Some secrets are glad to be found.`,
  ],
  tell(s) {
    s.say(
      `One day {hero} found a [yellowed|crumpled] piece of paper inside an old [book|jar|boot]. It was a map!`,
      `Under a loose board {hero} found a map, folded [four|seven] times.`,
      `"What is this?" <asked> {hero}. A map had fallen out of {elder}'s old coat.`,
    );
    s.say(
      `A [dotted|red] line led to {place}, and at the end of the line there was a cross.`,
      `On it one could see {place}, drawn very carefully, and a cross in one corner.`,
      `It showed {place}, and somebody had marked one spot with a cross.`,
    );
    s.paragraph();
    arrive(s);
    if (s.chance(0.65)) meetFriend(s);
    const they = s.told.has('friend') ? 'they' : '{he}';
    s.trait('dares');
    s.say(
      `First ${they} had to stand {place:spot}. From there it was ten steps to the left.`,
      `"[Start|Begin] {place:spot}," the map said. So ${they} did.`,
      `The line began {place:spot} and went around in a big curl.`,
    );
    s.branch(
      () =>
        s.say(
          `Then the map ended in a riddle: "I have a face and two hands, but I cannot wave." {Hero} knew it at once. "A clock!" {he} <cried>. So ${they} took twelve steps, one for every hour.`,
          `There was a riddle on the back: "The more you take, the more you leave behind." <shows-thought>. "Steps!" <cried> {hero}. ${they === 'they' ? 'They' : '{He}'} took twenty more.`,
        ),
      () =>
        s.say(
          `Here the map was torn, and ${they} almost turned back. But {hero} went on, because {because}.`,
          `A puddle had swallowed the rest of the path. {Hero} built a bridge from two branches, because {because}.`,
        ),
      () =>
        s.say(
          `Twice ${they} took the wrong turn. Once ${they} ended up {place:spot2}, where there was nothing but a very surprised {place:dweller}.`,
          `The cross seemed to be {place:spot2}. But no, the map was upside down! {Hero} laughed at {himself}.`,
        ),
    );
    s.say(
      `<atlast> ${they} searched {place:spot3}. Something went clonk. It was a box, and in the box lay a {thing:full} with {thing:mark}.`,
      `And there, {place:spot3}, stood a rusty tin. {Hero} lifted the lid. Inside was a {thing:full}. It had {thing:mark}.`,
    );
    s.told.add('thing');
    s.paragraph();
    s.say(
      `{Elder} laughed when {hero} showed it. "I hid that {thing:noun} when I was as small as you. I drew the map, and then I forgot it."`,
      `"{Thing:sign}!" <said> {elder} that evening. "That was mine, long ago. I buried it so that somebody curious would find it."`,
      `{Elder} turned it around and around. "So that is where it was! Keep it, {hero}. It has waited for you long enough."`,
      `A note lay underneath: "Whoever finds this {thing:noun} may keep it. But hide something for the next one." So {hero} put {his} best pebble into the [hole|box].`,
    );
    s.paragraph();
  },
};
