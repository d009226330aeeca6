// Stories in which the sky decides: a picnic and a storm, a rainy day indoors, the first snow.
import { arrive } from '../prose/openings.js';
import { plant } from '../prose/keepsakes.js';
import { LIGHT, WEARABLE } from '../world/things.js';
import type { Arc } from '../scene.js';

export const storm: Arc = {
  name: 'a change of weather',
  thing: LIGHT,
  ownWeather: true,
  place: 'outdoor',
  lessons: [
    `A spoiled plan can turn into a better one.`,
    `You cannot choose the weather, but you can choose your face.`,
    `It would have been an ordinary day without the rain.`,
    `{Hero} always remembered it as the best picnic of all.`,
  ],
  tell(s) {
    s.let(
      'plan',
      'have a picnic',
      'build a hut',
      'paint pictures',
      'put on a play',
      'look for bugs',
      'have a tea party',
    );
    s.say(
      `{Hero} had been planning it all week: {he} would {plan} with {friend}, {his} best friend.`,
      `"Let us {plan} today," <said> {hero} to {his} friend {friend}.`,
      `Today was the day! {Hero} and {his} friend {friend} were going to {plan}.`,
    );
    s.told.add('friend');
    arrive(s);
    s.say(
      `They had brought <snack> and a {thing:full} with {thing:mark}.`,
      `In the basket were <snack> and, right at the bottom, a {thing:full} with {thing:mark}.`,
    );
    s.told.add('thing');
    s.paragraph();
    s.branch(
      () => {
        s.say(
          `<suddenly> a drop fell on {his} nose. Then another. Then a thousand.`,
          `It began to rumble behind the hills. In no time the sky was black, and the rain poured down.`,
          `First came a gust, then a flash, and then the rain, as if someone had tipped over a bathtub.`,
        );
        s.say(
          `"Quick!" <cried> {friend}, and they ran and hid {place:spot}.`,
          `They grabbed everything and found shelter {place:spot}.`,
          `They were wet to the skin before they had found a dry spot {place:spot2}.`,
        );
        s.say(
          `"Our lovely day is ruined," <sighed> {hero}. <shows-sad>.`,
          `{Hero} was <sad>. All that planning!`,
          `Water dripped from {his} ears. {Hero} was <angry> at the whole sky.`,
        );
      },
      () => {
        s.say(
          `Then the wind came. It took the napkins, it took the spoons, and it took the {thing}!`,
          `<suddenly> a gust of wind snatched the {thing} and carried it away.`,
        );
        s.say(
          `They ran after it, over sticks and stones, and they almost had it once, {place:spot2}.`,
          `"Catch it!" <cried> {hero}. They jumped and stretched, but the wind was faster.`,
        );
        s.say(
          `It landed {place:spot3}, and when {hero} saw {thing:sign}, {he} laughed with relief.`,
          `In the end it came down {place:spot3}. {Friend} got it down, and not even {thing:sign} had been hurt.`,
        );
      },
      () => {
        s.say(
          `Then a fog came down, so thick that {hero} could not see {his} own feet.`,
          `All at once it turned white around them. The fog had swallowed everything.`,
        );
        s.say(
          `"Where are you?" <cried> {friend}. "Here!" <cried> {hero}. "Where is here?"`,
          `{Hero} reached for {friend}, and {he} held on to {friend:his} {hand}. "Now we cannot lose each other."`,
        );
        s.say(
          `They stayed right where they were and told each other stories until the fog grew thin.`,
          `They sang as loudly as they could, and <soon> {elder} came out of the fog with a lamp. "I followed your song," <said> {elder}.`,
        );
      },
    );
    s.paragraph();
    s.trait('dares');
    s.say(
      `But {hero} had an idea, because {because}. "Who says that we cannot {plan} right here?" And so they did.`,
      `"Listen," <said> {hero}, "the weather wants to join in." They danced in it, because {because}.`,
      `"We can stay here and be sad," <said> {friend}, "or we can laugh." They looked at each other, and they laughed.`,
    );
    s.say(
      `They shared everything they had, down to the last crumb.`,
      `They pretended that they were on a ship far out at sea. {Hero} was the captain, and {friend} was the cook.`,
      `{Friend} made a boat from a leaf, and {hero} made one too, and they let them race.`,
    );
    s.say(
      `When the sun came back, there was a rainbow from one end of the sky to the other.`,
      `Later the sky cleared, and every leaf was sparkling.`,
      `When it was over, the whole world smelled new.`,
    );
    s.paragraph();
  },
};

export const rainyDay: Arc = {
  name: 'a rainy day',
  ownWeather: true,
  lessons: [
    `When you are bored, your head is getting ready for an idea.`,
    `There is a whole world in a room if you know how to look.`,
    `{Hero} did not even notice that the rain had stopped.`,
    `A day without plans has room for everything.`,
  ],
  tell(s) {
    s.say(
      `It rained on Monday, and it rained on Tuesday, and on Wednesday it was still raining.`,
      `The rain drummed on the roof. It had been raining since [breakfast|dawn].`,
      `"Rain, rain, nothing but rain," <grumbled> {hero} at the window.`,
      `One day it rained so hard that nobody could go outside.`,
    );
    s.say(
      `{Hero} was <bored>.`,
      `"There is nothing to do," <sighed> {hero}.`,
      `{He} had read all {his} books and drawn on all {his} paper.`,
      `{He} pressed {his} nose against the window and drew a face in the fog of {his} breath.`,
    );
    plant(s);
    if (s.chance(0.5)) {
      s.told.add('friend');
      s.say(
        `Then somebody knocked. It was {his} friend {friend}, dripping from head to toe.`,
        `"May I come in?" There stood {friend}, {his} friend, in a huge wet coat.`,
      );
    }
    const both = s.told.has('friend');
    s.paragraph();
    s.trait('dares');
    s.branch(
      () => {
        s.say(
          `{Hero} looked at the chairs. {He} looked at the blankets. And then {he} began to build, because {because}.`,
          `"What if the table were a castle?" thought {hero}.`,
        );
        s.say(
          `Two chairs became the towers, and a {thing:full} with {thing:mark} became the crown jewel.`,
          `A broom became the gate, three pillows became the wall, and a {thing:full} became the treasure that had to be guarded.`,
          `Soon there was a tent of blankets, with a {thing:full} for a flag.`,
        );
        s.say(
          both
            ? `{Hero} was the king of the castle, and {friend} was the dragon. Then they traded.`
            : `{Elder} had to knock three times and say the password to be let in.`,
          `No storm in the world could blow that castle down.`,
        );
      },
      () => {
        s.say(
          `In a corner stood an old trunk that nobody had opened for years.`,
          `{Elder} pointed to a dusty box. "Have you ever looked in there?" <asked> {elder}.`,
        );
        s.say(
          `In it {hero} found a {thing:full} with {thing:mark}, a coat with brass buttons, and a hat with a feather.`,
          `Right on top lay a {thing:full}. It had {thing:mark}, and it smelled of long ago.`,
        );
        s.told.add('thing');
        s.say(
          `"That was mine," <said> {elder}, and told the story of it, and {elder:his} voice made the rain sound like applause.`,
          `{He} {thing:play}. ${both ? `{Friend} put on the hat, and the show began.` : `{Elder} sat down to watch, and the show began.`}`,
        );
      },
      () => {
        s.say(
          `"Then let us go out and get properly wet," <said> {elder}. {Hero} could hardly believe it.`,
          `"Who is afraid of a little water?" <asked> {hero}. {He} put on {his} boots and ran outside, because {because}.`,
        );
        s.say(
          `The puddles were as big as ponds. {Hero} jumped into every single one.`,
          `They built a dam of mud and stones, and behind it rose a lake. A {other:full} was the ship.`,
        );
        s.say(
          `Splash! "Again!" <cried> {hero}.`,
          `A frog looked on. It seemed to think that this was excellent weather.`,
        );
      },
      () => {
        s.say(
          `{He} took a pencil and began to draw a map of the whole [room|house], with mountains of pillows and a river of socks.`,
          `A drop ran down the window, and then a second one. "I bet on the left one," <said> {hero}. It was a race!`,
        );
        s.say(
          both
            ? `{Friend} saw it and joined in at once. They gave everything a name.`
            : `{Elder} came to look and wanted to play too.`,
          `It was so exciting that {he} forgot to be bored.`,
        );
        s.say(
          `${both ? 'They' : '{He}'} went on a journey around the table, and there were [wolves|pirates] under it.`,
          `The winner got <snack>, and so did the loser.`,
        );
      },
    );
    s.paragraph();
    s.say(
      `"Look," <said> {elder} after a while. The sun had come out, and a rainbow stood over the roofs.`,
      `When somebody said that the rain had stopped, {hero} was almost sorry.`,
      `The rain tapped on the window as if it wanted to come in and play.`,
    );
    s.say(
      `"I hope that it rains again tomorrow," <said> {hero}.`,
      `{Hero} was not bored anymore.`,
      `<shows-happy>.`,
    );
    s.paragraph();
  },
};

export const firstSnow: Arc = {
  name: 'the first snow',
  thing: WEARABLE,
  ownWeather: true,
  lessons: [
    `Snow does not stay, but the memory of it does.`,
    `Some things are beautiful because they do not last.`,
    `{Hero} could hardly wait for the next winter.`,
    `You can say goodbye to something and still be glad that it came.`,
  ],
  tell(s) {
    s.say(
      `One morning it was strangely quiet. {Hero} ran to the window. Everything was white!`,
      `"Wake up, {hero}," <whispered> {elder}. "It has snowed in the night."`,
      `{Hero} put {his} nose out of the door, and a flake landed on it. The first snow!`,
    );
    plant(s);
    s.told.add('friend');
    s.say(
      `{He} put on two pairs of socks and ran to fetch {his} friend {friend}.`,
      `<soon> {his} friend {friend} was there, wrapped up so well that only {friend:his} eyes showed.`,
    );
    s.say(
      `"Let us build a snowman," <said> {friend}, "the biggest there ever was."`,
      `They rolled a ball of snow that grew and grew until they could not push it anymore.`,
      `They made one big ball, one middle ball and one little ball, and put them on top of each other.`,
    );
    s.paragraph();
    s.say(
      `{Hero} gave it a carrot for a nose, and {friend} gave it two stones for eyes.`,
      `The snowman got eyes of coal and a smile of acorns.`,
      `{Friend} found a stick for its nose, and {hero} found pebbles for its buttons.`,
    );
    s.told.add('thing');
    s.say(
      `Still, the snowman looked a bit bare. {Hero} thought about it and gave it a {thing:full} with {thing:mark}. That was much better.`,
      `But something was missing. {Hero} ran inside and came back with a {thing:full}. It had {thing:mark}. Now the snowman was perfect.`,
      `"He looks cold," <said> {hero}, and gave the snowman {his} own {thing:full}, the one with {thing:mark}.`,
    );
    s.say(
      `"What is his name?" <asked> {friend}. "Bartholomew," <said> {hero} at once. So it was Bartholomew.`,
      `They called him Mister Frost.`,
      `"We will call him Snowball," <said> {friend}.`,
      `They named him Captain Winter.`,
    );
    s.paragraph();
    s.branch(
      () => {
        s.say(
          `But after [three|four] days it grew warm. The snowman became thinner and thinner.`,
          `Then the sun came. Drip, drip, drip, went the snowman.`,
        );
        s.say(
          `<shows-sad>. "Do not go!" <cried> {hero}.`,
          `{Hero} was <sad>, and {friend} was <sad:friend> too.`,
        );
        s.say(
          `"He is not gone," <said> {elder}. "He is on his way to the river, and to the sea, and up to the clouds. Next winter he will be back."`,
          `In the evening there was only a puddle, with the {thing} in the middle. {Hero} picked it up and saw {thing:sign}. "Goodbye," {he} <whispered>. "Come again."`,
        );
      },
      () => {
        s.say(
          `The next morning the {thing} was gone! Tiny footprints led away from the snowman.`,
          `When they came back the next day, somebody had taken the {thing}. There were tracks in the snow.`,
        );
        s.trait('dares');
        s.say(
          `{Hero} followed them, because {because}. They ended at a little hole {place:spot}.`,
          `"Let us see where they go," <said> {friend}. The tracks led to a hole {place:spot}.`,
        );
        s.say(
          `There, snuggled into the {thing}, slept a whole family of field mice. {Hero} saw {thing:sign} between their tails. "They need it more than the snowman does," {he} <whispered>.`,
        );
        s.told.delete('thing');
      },
      () => {
        s.say(
          `"Now he has nobody to talk to," <said> {friend}. So they built a second one, and a third one, and at last a dog of snow.`,
          `Then {friend} threw a snowball, by accident or not, and it hit {hero} on the nose. What a battle that was!`,
        );
        s.say(
          `They only went inside when they could not feel their toes. {Elder} had made <snack>.`,
          `When it got dark, the snow shone blue. {Hero} thought that it was the most beautiful thing {he} had ever seen.`,
        );
      },
    );
    s.paragraph();
  },
};
