// Stories of trust: a mistake owned up to, a secret kept, a thing borrowed.
import { arrive, meetFriend } from '../prose/openings.js';
import { plant } from '../prose/keepsakes.js';
import { BREAKABLE } from '../world/things.js';
import type { Arc } from '../scene.js';

export const mistake: Arc = {
  name: 'a mistake and an apology',
  other: BREAKABLE,
  lessons: [
    `It takes courage to say, "It was me."`,
    `A broken thing can be mended, and so can a sad heart.`,
    `The truth had been heavy to carry and easy to put down.`,
    `{Hero} promised to be more careful, and {he} kept {his} word.`,
    `Everybody makes mistakes. What counts is what comes after.`,
  ],
  tell(s) {
    s.roles.owner = s.roles[s.chance(0.5) ? 'friend' : 'elder'];
    const friendOwns = s.roles.owner === s.roles.friend;
    if (friendOwns) s.told.add('friend');
    s.say(
      `${friendOwns ? '{His} friend {owner}' : '{Owner}'} had a {other:full} with {other:mark}, and everybody knew how much {owner:he} loved it.`,
      `There was one thing that {owner}${friendOwns ? ', {his} best friend,' : ''} loved very much: a {other:full} with {other:mark}.`,
      `"Please do not touch my {other}," ${friendOwns ? '{his} friend {owner}' : '{owner}'} always said. It had {other:mark}, and it was very old.`,
    );
    plant(s);
    s.say(
      `One day, when nobody was looking, {hero} picked it up, only to see {other:sign}. It slipped out of {his} {hands}. Crack!`,
      `It happened on a {weather} afternoon. {Hero} only wanted to look at it up close. One wrong move, and down it went.`,
      `One {weather} day {hero} was [running|dancing] around and bumped into it. It fell, and it broke.`,
      `{Hero} wanted to {other:toplay}, just once. But {he} was in too much of a hurry, and there was a terrible crack.`,
    );
    s.say(
      `<shows-fear>. What now?`,
      `{Hero} stood quite still. <shows-shame>.`,
      `For a moment everything was silent. Then {hero} heard {his} own heart.`,
      `"Oh no," <whispered> {hero}. "Oh no, oh no."`,
    );
    s.paragraph();
    s.branch(
      () => {
        s.say(
          `{He} hid the pieces {place:in}, {place:spot}, and ran off.`,
          `Quickly {he} pushed the broken {other} under a pile of leaves and walked away, whistling.`,
        );
        s.say(
          `But {he} could not eat, and {he} could not play. {His} tummy felt full of stones.`,
          `All day long {he} saw {other:sign} before {his} eyes.`,
          `When {owner} asked, "Has anybody seen my {other}?" {hero} looked at {his} toes.`,
        );
        s.trait('cares');
        s.say(
          `In the evening {he} could not bear it any longer, because {because}.`,
          `<atlast> {he} got up and went to {owner}, because {because}.`,
        );
      },
      () => {
        s.say(
          `{He} could say that the wind had done it. Or a {place:dweller}. Nobody would ever know.`,
          `"Perhaps nobody will notice," thought {hero}. But {he} would know.`,
        );
        s.trait('cares');
        s.say(
          `But {he} did not do that, because {because}. {He} gathered up every piece and went to {owner}.`,
          `{He} took a deep breath and carried the pieces to {owner}, because {because}.`,
        );
      },
      () => {
        s.say(
          `A {place:dweller} had been sitting nearby, and {owner} thought that it had done it. "You bad thing!" <grumbled> {owner}.`,
          `"It must have been the cat," <said> {owner}. The cat looked at {hero}, and {hero} looked at the cat.`,
        );
        s.say(
          `That was not fair. <shows-shame>.`,
          `Somebody else was getting the blame! {Hero} could not let that happen.`,
        );
      },
    );
    s.say(
      `"It was me," {he} <whispered>. "I broke your {other}. I am so sorry."`,
      `"I have to tell you something," <said> {hero}, and then it all came out, very fast.`,
      `Three times {he} opened {his} mouth. The fourth time it came out: "It was me who broke your {other:noun}."`,
      `{He} held out the pieces. "I did it, {owner}, and I am sorry," <said> {hero}.`,
    );
    s.paragraph();
    s.about(
      'owner',
      `{Owner} was quiet for a while. "I am sad about it," <said> {owner}. "But I am glad that you told me."`,
      `First {owner} was <angry:owner>. Then {owner:he} saw {hero}'s face. "Thank you for telling me the truth," <said> {owner}.`,
      `{Owner} looked at the pieces and then at {hero}. "That was not easy to say, was it?" <asked> {owner}.`,
    );
    s.say(
      `They sat down together and glued it, piece by piece. Only {other:sign} was a little crooked afterwards.`,
      `"Come, we will mend it," <said> {owner}. It took the whole [evening|afternoon], and it was almost nice.`,
      `To make up for it, {hero} gave {owner} {his} own {thing:full}. "It is not the same," {he} <said>, "but it has {thing:mark}."`,
    );
    s.say(
      `{Hero} breathed in and out. How easy that was, all at once!`,
      `The stones in {his} tummy were gone.`,
      `{Hero} felt as light as a feather.`,
      `You could still see the crack. "Now it has a story," <said> {owner}.`,
    );
    s.paragraph();
  },
};

export const secret: Arc = {
  name: 'a secret',
  lessons: [
    `Some secrets are like presents: you keep them until the right day.`,
    `A happy secret is hard to carry, but it is worth it.`,
    `{Hero} had kept it, and that was {his} part of the present.`,
    `Keeping quiet can be the loudest way to say that you love somebody.`,
  ],
  tell(s) {
    s.told.add('friend');
    s.let('plan', 'a surprise party', 'a tree house', 'a puppet show', 'a boat trip', 'a lantern parade');
    s.say(
      `"Can you keep a secret?" <asked> {elder} one day.`,
      `One {weather} morning {elder} called {hero} aside and closed the door. "This must stay between us," <whispered> {elder}.`,
      `"Shh," <said> {elder}. "What I tell you now, you must not tell anyone."`,
    );
    s.say(
      `{Hero} nodded. "On {friend}'s birthday there will be {plan}," <whispered> {elder}. {Friend} was {his} best friend.`,
      `It was about {friend}, {his} best friend: for {friend:his} birthday there would be {plan}, and {friend:he} must not know.`,
    );
    plant(s);
    s.say(
      `The secret tickled {him} like a feather.`,
      `{Hero} was <excited>. The secret was so big that it hardly fit inside.`,
      `Now {hero} knew something that {friend} did not know. What a strange feeling that was!`,
      `{He} pressed both {hands} over {his} mouth, so that it could not slip out.`,
    );
    s.paragraph();
    s.say(
      `From that moment on everything was difficult, because {friend} noticed everything.`,
      `That afternoon {friend} was standing at the door, just like every afternoon.`,
      `It was not easy. Every day {friend} came to play.`,
      `The very next day {he} met {friend} {place:in}.`,
    );
    s.branch(
      () => {
        s.say(
          `"Why are you grinning?" <asked> {friend}. "Because of the, because of the weather," <said> {hero}.`,
          `"You are hiding something," <said> {friend}. "Me? No!" <cried> {hero}, much too loudly.`,
        );
        s.say(
          `{He} told it to a hollow tree instead, and the tree kept it.`,
          `To be safe, {hero} ate a very sticky piece of toffee. With that in {his} mouth {he} could not say a word.`,
        );
      },
      () => {
        s.say(
          `{Friend} was <sad:friend>. "Everybody whispers and goes away when I come," <sighed> {friend}. "Does nobody like me anymore?"`,
          `"You never have time for me now," <said> {friend}, and {friend:he} turned away.`,
        );
        s.trait('cares');
        s.say(
          `It hurt {hero} to hear that, because {because}. "Trust me," {he} <said>. "Only until Sunday."`,
          `{Hero} almost told. But {he} only took {friend}'s {hand} and <said>, "I like you more than anyone. You will see."`,
        );
      },
      () => {
        s.say(
          `Once {he} almost said it. "On Sunday there will be a sur, a sur, a surprisingly big moon," {he} <said>.`,
          `Once the word was already on {his} tongue. "There will be a par, a par, a parrot," <said> {hero}. {Friend} looked at {him} in a strange way.`,
        );
        s.say(
          `Every evening {he} made a mark on the wall. Five more days. Four. Three.`,
          `At night {he} whispered it into {his} pillow. The pillow was very good at secrets.`,
        );
      },
    );
    s.say(
      `There was so much to do: {hero} cut out paper stars until {his} {hands} hurt.`,
      `In the meantime {hero} helped {elder}. They painted and hammered, and they hid everything {place:in}, {place:spot}.`,
      `{Hero} wrapped up a {thing:full} with {thing:mark}. It was for {friend}.`,
      `When nobody was looking, {he} painted a big banner {place:in}, {place:spot2}.`,
    );
    s.paragraph();
    s.say(
      `<atlast> the day was there. "Close your eyes," <said> {hero} and led {friend} by the {hand}.`,
      `On the great day {hero} was awake before the birds. Everyone hid. Then {friend} came in. "Surprise!"`,
      `And then it was Sunday. {Friend} opened the door. "Surprise!" everybody shouted.`,
    );
    s.about(
      'friend',
      `<shows-surprise:friend>.`,
      `{Friend} was <surprised:friend>.`,
      `{Friend} laughed and cried at the same time.`,
    );
    s.say(
      `"You knew it all along!" <said> {friend}. "Every single minute," <replied> {hero}, and it felt wonderful to say so.`,
      `"And you did not tell!" <cried> {friend}. {Hero} was <proud>.`,
      `There was {plan}, and <snack> for everyone, and {hero} could finally talk as much as {he} wanted.`,
    );
    s.paragraph();
  },
};

export const borrowed: Arc = {
  name: 'a borrowed thing',
  place: 'outdoor',
  lessons: [
    `What you borrow, you must look after twice as well as your own.`,
    `A promise is a thing that you carry carefully.`,
    `Trust is like a thin cup: it holds as long as you do.`,
    `{Hero} understood that it is not the thing that counts, but the word you gave.`,
  ],
  tell(s) {
    arrive(s);
    meetFriend(s);
    s.say(
      `{Friend} had a {other:full} with {other:mark}. {Friend:He} {other:play}.`,
      `Today {friend} had brought {friend:his} {other:full}, the one with {other:mark}.`,
    );
    s.say(
      `{Hero} could not take {his} eyes off it. "May I take it home for one night?" {he} <asked>.`,
      `"I would give anything to {other:toplay}," <sighed> {hero}. "May I borrow it?"`,
      `"May I borrow it?" <asked> {hero}. "Just until tomorrow?"`,
      `"Would you lend me your {other:noun} for one night?" <asked> {hero}.`,
    );
    s.say(
      `{Friend} hesitated. Then {friend:he} put it into {his} {hands}. "I trust you," <said> {friend}.`,
      `{Friend} thought it over. "All right," <said> {friend}. "But bring it back tomorrow. Promise?" "I promise."`,
      `"You may," <said> {friend}, "if you take good care of {other:sign}." {Hero} gave {friend:him} {his} word.`,
    );
    s.paragraph();
    s.branch(
      () => {
        s.say(
          `{Hero} wanted to {other:toplay} a little longer, and then a little longer still. Tomorrow came, and the day after.`,
          `But the {other} was so lovely! The next day {hero} did not go to meet {friend}. {He} hid at home.`,
        );
        s.say(
          `Every time {he} looked at {other:sign}, it seemed to look back at {him}.`,
          `It was no fun anymore. {He} thought of {friend} all the time, and <shows-shame>.`,
        );
        s.trait('cares');
        s.say(
          `So {he} ran to {friend}, because {because}.`,
          `On the third day {hero} set off with the {other} under {his} arm, because {because}.`,
        );
        s.say(
          `"I am late, and I am sorry," {he} <said>. "I did not want to stop." {Friend} nodded. "I know. It is hard to give it back. But you did."`,
          `"I broke my promise," <said> {hero}. "Here it is." {Friend} felt for {other:sign} and smiled. "You came. That is what counts."`,
        );
      },
      () => {
        s.say(
          `On the way home it began to rain, and {hero} had no coat. But {he} put {his} scarf around the {other}, so that it stayed dry.`,
          `That night {he} did not even dare to {other:toplay}. {He} put it on the highest shelf and watched over it.`,
        );
        s.say(
          `The next morning {he} was at {friend}'s door before breakfast. "Here it is," <said> {hero}. "{Other:sign} is fine too."`,
          `Early the next day {he} brought it back, cleaner than it had been before.`,
        );
        s.say(
          `"You are shivering!" <cried> {friend}. "But the {other} is warm," <said> {hero}.`,
          `{Friend} was <happy:friend>. "You can borrow anything of mine," <said> {friend}. "Anything at all."`,
        );
      },
      () => {
        s.say(
          `But on the way home {he} put it down {place:spot} to look at a {place:dweller}. And when {he} was in bed, {he} sat up. {He} had forgotten it there!`,
          `At home {he} unpacked {his} bag. The {other} was not in it. It must have fallen out {place:spot}!`,
        );
        s.say(`<shows-fear>. It was already dark.`, `{Hero} was <worried>. {He} had given {his} word.`);
        s.say(
          `{Elder} took a lantern, and they went out together. And there, {place:spot}, the light fell on {other:sign}.`,
          `At the first light of day {he} ran back. Was it still there? Yes! {place:spot} it lay, wet with dew, and {other:sign} was shining.`,
        );
        s.say(
          `{Hero} gave it back and told {friend} everything, even the part about the night.`,
          `"I almost lost it," {he} told {friend}. "But you did not," <replied> {friend}. "And you told me."`,
        );
      },
    );
    s.paragraph();
  },
};
