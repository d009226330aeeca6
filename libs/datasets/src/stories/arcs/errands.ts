// Stories that go somewhere: an errand to the shop, a letter over the mountains.
import { meetFriend } from '../prose/openings.js';
import { plant } from '../prose/keepsakes.js';
import { POCKET } from '../world/things.js';
import type { Arc } from '../scene.js';

export const errand: Arc = {
  name: 'an errand',
  place: 'outdoor',
  thing: POCKET,
  lessons: [
    `You can do more alone than you think.`,
    `If you forget something, you can still be clever about it.`,
    `{Hero} had gone out small and come back a bit bigger.`,
    `It is good to be trusted with something important.`,
  ],
  tell(s) {
    s.let('one', 'a loaf of bread', 'a jug of milk', 'six eggs', 'a bag of flour');
    s.let('two', 'a ball of string', 'a bar of soap', 'three candles', 'a box of nails');
    s.let('three', 'a bunch of parsley', 'two lemons', 'an onion', 'a stick of cinnamon');
    s.say(
      `"Would you go to the shop for me, all by yourself?" <asked> {elder} one {weather} day.`,
      `One {weather} morning {elder} had a cold. "You will have to do the shopping, {hero}," <said> {elder}.`,
      `For the first time ever, {hero} was allowed to go shopping alone.`,
    );
    s.say(
      `"Bring {one}, {two}, and {three}."`,
      `{He} was to bring {one}, {two}, and {three}.`,
      `"What do we need? {one}, {two}, and {three}. Can you remember that?" "Of course," <said> {hero}.`,
    );
    s.say(
      `{He} took a {thing:full} along for luck, the one with {thing:mark}.`,
      `{Hero} put the coins into {his} pocket and set off.`,
    );
    s.told.add('outdoors');
    plant(s);
    s.paragraph();
    s.say(
      `"{one}, {two}, {three}," {he} said with every step. "{one}, {two}, {three}."`,
      `So that {he} would not forget, {he} gave each thing a pocket: {one}, {two}, {three}.`,
      `All the way {he} sang the list: {one}, {two}, and {three}.`,
    );
    s.say(
      `The way led past {place}. {place:sight} {Hero} stopped to look.`,
      `When {he} came past {place}, a {place:dweller} was sitting there, and {he} forgot everything else.`,
    );
    s.say(
      `At the shop {he} opened {his} mouth, and out came only two things: {one} and {two}. What was the third?`,
      `When {he} went on, something was missing. {One}, {two}, and what?`,
      `But in the shop {his} head was suddenly empty. {One} and {two}, yes, but what was the third thing?`,
    );
    s.say(`<shows-fear>.`, `{Hero} was <worried>.`, `<shows-thought>, but it would not come back.`);
    s.paragraph();
    s.trait('dares');
    s.branch(
      () =>
        s.say(
          `{He} did not give up, because {because}. {He} walked back to {place}, and there, where {he} had lost it, the word was waiting: {three}!`,
          `So {he} shut {his} eyes and went through the whole kitchen in {his} mind, shelf by shelf. "{three}!" {he} <cried>.`,
        ),
      () => {
        meetFriend(s);
        s.say(
          `"What does {elder} want to cook?" <asked> {friend}. That was a good question. {Hero} thought of the pot, and of the smell, and then {he} knew: {three}!`,
          `"Let us guess," <said> {friend}. "An elephant? A trombone?" {Hero} laughed so hard that the word fell out: "{three}!"`,
        );
      },
      () =>
        s.say(
          `The shopkeeper leaned down. "Take your time," she <said>. "Things come back when nobody pushes them." And just like that it came back: {three}!`,
          `{He} asked the shopkeeper, and she read out everything on her shelves, from A to Z. "Stop!" <cried> {hero}. "{three}!"`,
        ),
    );
    s.say(
      `With a full bag {he} walked home, and {he} did not stop once.`,
      `The bag was heavy on the way back, but {hero} did not mind.`,
      `Proudly {he} carried everything home: {one}, {two}, and {three}.`,
      `{Hero} thanked the shopkeeper and hopped home on one leg, at least for a part of the way.`,
      `{He} paid and counted the change twice, and then {he} ran home.`,
    );
    s.say(
      `{Elder} was already standing in the door. "You are back! And you thought of everything!"`,
      `"{one}, {two}, and {three}," {elder} counted. "Nothing is missing. Well done!"`,
      `{Elder} looked into the bag and smiled. "I could not have done it better."`,
    );
    s.say(
      `And that evening there was <snack>.`,
      `{Hero} was <proud>.`,
      `"May I go again tomorrow?" <asked> {hero}.`,
    );
    s.paragraph();
  },
};

export const letter: Arc = {
  name: 'a letter',
  place: 'outdoor',
  thing: POCKET,
  lessons: [
    `Far away is not so far when somebody thinks of you.`,
    `A letter is a hug that travels.`,
    `You can miss somebody and be happy at the same time.`,
    `{Hero} kept the letter for years and years.`,
  ],
  tell(s) {
    s.told.add('friend');
    s.say(
      `{His} best friend, {friend}, had moved away, over the hills, to a place that took two days to reach.`,
      `In the spring {his} friend {friend} had moved to the other side of the mountains.`,
      `{Hero} and {friend} had always lived next door to each other. But now {friend} lived far away.`,
    );
    s.say(
      `{Hero} missed {friend:him} every day, most of all {place:in}, where they used to play <game>.`,
      `Nobody else could tell such stories as {friend}. Nobody else laughed at {his} jokes.`,
      `{He} went to {place} alone, and it was not the same. <shows-sad>.`,
    );
    plant(s);
    s.say(
      `"Why do you not write a letter?" <asked> {elder}.`,
      `{Elder} saw it and put a sheet of paper in front of {him}.`,
      `One {weather} evening {hero} had an idea. {He} would write a letter!`,
    );
    s.paragraph();
    s.say(
      `{He} wrote {friend}'s name at the top, in {his} very best writing. That was the easy part.`,
      `{He} chewed on the pencil for a while. Then {he} wrote, "Dear {friend}, I have so much to tell you."`,
      `"Dear {friend}," {he} wrote. Then {he} stopped. What comes after "dear"?`,
      `"Dear {friend}, how are you? I am fine. No, I am not," wrote {hero}.`,
    );
    s.branch(
      () =>
        s.say(
          `{He} could not write many words yet. So {he} drew everything instead: {place}, and the {thing} with {thing:mark}, and two small figures {hand} in {hand}.`,
          `{He} drew a line around {his} {hand}, so that {friend} could lay {friend:his} own on top of it.`,
          `{He} pressed a flower from {place} between two pages and put it in. It would smell of home.`,
        ),
      () =>
        s.say(
          `{He} told about {place} and about a {place:dweller} that had come to visit. "It asks about you," {he} wrote. Soon the page was full, and the back of it too.`,
          `"Do you remember the time when we got lost {place:in}?" {he} wrote. "I still laugh about it."`,
          `{He} wrote down everything funny that had happened since. There was a lot.`,
        ),
      () => {
        s.say(
          `{He} put in the {thing:full} that they both liked best, the one with {thing:mark}. "You can keep it for a while," {he} wrote. "Then send it back, and it will have been with you."`,
        );
        s.told.add('sent');
      },
    );
    s.say(
      `It went into an envelope, and {elder} helped with the address.`,
      `{He} folded it four times, licked the envelope, and made a face.`,
      `Then {he} glued on a stamp and carried it to the mailbox.`,
      `The mailman put it into the big bag. "I will carry it as if it were made of glass," said the mailman.`,
    );
    s.say(
      `How long does a letter travel? {Hero} counted the days on {his} {hands}, and then on {his} toes.`,
      `Waiting was the worst of it. Every time somebody came up the path, {hero} jumped up.`,
      `And then {hero} waited. One week. Two weeks. {He} asked every day.`,
      `Every morning {he} looked into the mailbox. It was empty, and empty, and empty.`,
    );
    s.paragraph();
    s.say(
      `Somebody knocked. It was the mailman, and he was holding an envelope with a funny stamp.`,
      `Then, one {weather} morning, there was an answer!`,
      `<atlast> the mailman waved from far off. "Something for {hero}!"`,
      `On the [tenth|twelfth] day something lay in the mailbox, and on it stood {his} name.`,
    );
    s.say(
      s.told.has('sent')
        ? `In it was the {thing}, with {thing:sign}, and a note: "It has seen everything here. Now it misses you. Your {friend}."`
        : `"Dear {hero}," it said, "I have a window here, and from it I can see the hills. When you look at them, we look at the same thing. Your {friend}."`,
      s.told.has('sent')
        ? `{Friend} had sent the {thing} back, wrapped in a map of the new town. {Place:in}, {friend:he} wrote, they would meet again in the summer.`
        : `"In the summer I will come," wrote {friend}. "Save me a place {place:spot}."`,
      `"I read your letter [seven|nine] times," wrote {friend}. "Now I know it by heart. Please write again."`,
    );
    s.say(
      `<shows-happy>.`,
      `{Hero} read it to {elder}, and to the cat, and to a passing {place:dweller}.`,
      `{Hero} put the letter under {his} pillow, and then {he} took a new sheet of paper. "Dear {friend}," {he} began.`,
    );
    s.paragraph();
    s.told.delete('friend');
  },
};
