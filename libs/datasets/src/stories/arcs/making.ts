// Stories of making: a present, something from the oven, something from a seed.
import { plant } from '../prose/keepsakes.js';
import type { Arc } from '../scene.js';

const PRESENTS = [
  {
    a: 'a crown of leaves',
    from: 'leaves and a piece of string',
    wrong: `the leaves fell off one after another`,
    better: `{he} wove the stems over and under, like a basket`,
  },
  {
    a: 'a bird house',
    from: 'six boards and some nails',
    wrong: `the roof was where the floor should be`,
    better: `{he} drew a plan first and measured everything twice`,
  },
  {
    a: 'a necklace',
    from: 'seeds and thread',
    wrong: `the thread snapped, and the seeds bounced all over the floor`,
    better: `{he} took two threads instead of one and made a good knot`,
  },
  {
    a: 'a painted card',
    from: 'paper and berry juice',
    wrong: `a big drop of juice fell right into the middle`,
    better: `{he} turned the drop into a sun with long rays`,
  },
  {
    a: 'a wind chime',
    from: 'shells and a stick',
    wrong: `the shells got tangled up in one big clump`,
    better: `{he} hung them up one by one, with a finger of space between`,
  },
  {
    a: 'a stuffed bear',
    from: 'an old sock and wool',
    wrong: `it looked like a potato with ears`,
    better: `{he} sewed with tiny stitches and gave it two button eyes`,
  },
  {
    a: 'a picture frame',
    from: 'twigs and glue',
    wrong: `the corners stuck to {his} sleeve and not to each other`,
    better: `{he} tied the corners with grass and let the glue dry`,
  },
] as const;

export const present: Arc = {
  name: 'a present made by hand',
  lessons: [
    `The best presents are made of time.`,
    `What is made with love does not have to be perfect.`,
    `{Hero} found out that giving feels even better than getting.`,
    `A mistake can be the beginning of a good idea.`,
  ],
  tell(s) {
    const gift = s.pick(PRESENTS);
    s.let('gift', gift.a);
    s.roles.made = { name: gift.a.replace(/^a /, '') };
    const forFriend = s.chance(0.5);
    if (forFriend) s.told.add('friend');
    s.roles.dear = s.roles[forFriend ? 'friend' : 'elder'];
    s.say(
      `Soon {dear:first} would have a birthday, and {hero} had nothing to give.`,
      `Tomorrow was the birthday of {dear:first}. {Hero} turned {his} piggy bank upside down, but it was empty.`,
      `{Hero} wanted to give {dear:first} something special[, for no reason at all|, because {dear} had been ill]. But what?`,
    );
    plant(s);
    s.say(
      `<shows-thought>. "I will make {gift}!" {he} <said>.`,
      `Then {he} had an idea. {He} would make {gift}.`,
      `"Something made by hand is best," thought {hero}. It would be {gift}.`,
    );
    s.say(
      `{He} needed ${gift.from}. {He} found everything {place:in}, {place:spot} and {place:spot2}.`,
      `{He} gathered ${gift.from}, [put out {his} tongue|rolled up {his} sleeves] and began.`,
    );
    s.paragraph();
    s.say(
      `But it was not easy: ${gift.wrong}.`,
      `It did not go well. First nothing held, and then ${gift.wrong}.`,
      `Oh dear! When {he} was almost done, ${gift.wrong}.`,
    );
    s.say(
      `{Hero} was <sad>. "It is ugly," {he} <sighed>.`,
      `<shows-anger>. {He} wanted to throw it all away.`,
      `<shows-sad>. All that work, for nothing!`,
    );
    s.trait('dares');
    s.branch(
      () =>
        s.say(
          `But {he} began again, because {because}. This time ${gift.better}.`,
          `{He} took a little walk, and then {he} tried once more, because {because}. Now ${gift.better}.`,
        ),
      () => {
        s.roles.helper = s.roles[forFriend ? 'elder' : 'friend'];
        if (!forFriend) s.told.add('friend');
        s.say(
          `"May I see it?" <asked> {helper}. "Oh, but that is a fine start. Try it a little slower." And so ${gift.better}.`,
          `{Helper} looked over {his} shoulder. "My first one was much worse," <said> {helper}. That made {hero} laugh. {He} started over, and this time ${gift.better}.`,
        );
      },
      () =>
        s.say(
          `"Wrong does not mean finished," {he} told {himself}. And then ${gift.better}.`,
          `{Hero} slept on it. In the morning {he} knew what to do: ${gift.better}.`,
          `Then {he} remembered how a spider mends its web, without any fuss. And so ${gift.better}.`,
        ),
    );
    s.paragraph();
    s.say(
      `Then came the moment. {Hero} pushed the {made} across the table without a word.`,
      `The next day {he} held out the {made} with both {hands}. "I made it myself," {he} <whispered>.`,
      `When {dear} unwrapped the {made}, {hero} held {his} breath.`,
      `{He} wrapped the {made} in a big leaf and put it in front of {dear}'s door.`,
    );
    s.about(
      'dear',
      `{Dear} was <surprised:dear>. "You made this? For me?"`,
      `{Dear} did not say anything at first. Then <shows-happy:dear>.`,
      `"It is the most beautiful {made} in the world," <said> {dear}, and <shows-happy:dear>.`,
    );
    s.say(
      `"It is a bit crooked," <said> {hero}. "That is how I know that it is from you," <said> {dear}.`,
      `From that day on the {made} had the best place in {dear}'s room.`,
      `{Dear} showed the {made} to everyone who came by.`,
    );
    s.paragraph();
  },
};

const DISHES = [
  { name: 'a cherry pie', main: 'cherries', pot: 'oven' },
  { name: 'a carrot cake', main: 'carrots', pot: 'oven' },
  { name: 'a batch of pancakes', main: 'eggs', pot: 'pan' },
  { name: 'a nut cake', main: 'nuts', pot: 'oven' },
  { name: 'a loaf of bread', main: 'raisins', pot: 'oven' },
  { name: 'a blueberry pudding', main: 'blueberries', pot: 'pot' },
  { name: 'a tray of cookies', main: 'chocolate drops', pot: 'oven' },
  { name: 'a jar of plum jam', main: 'plums', pot: 'pot' },
] as const;

export const cooking: Arc = {
  name: 'something from the oven',
  lessons: [
    `Taste before you serve, and laugh when it goes wrong.`,
    `A meal is best when there are many around the table.`,
    `Even a mistake can taste good if you eat it together.`,
    `{Hero} wrote the recipe down, with all its mistakes.`,
  ],
  tell(s) {
    const dish = s.pick(DISHES);
    s.let('dish', dish.name);
    s.roles.meal = { name: dish.name.replace(/^.* (\w+)$/, '$1') };
    s.let('main', dish.main);
    s.say(
      `One {weather} day {hero} decided to make {dish}.`,
      `"Let us make {dish}," <said> {elder} one morning.`,
      `It was {elder}'s birthday, and {hero} wanted to surprise everyone with {dish}.`,
      `{Hero} was hungry, and not just a little. "I will make {dish}," {he} <said>.`,
    );
    plant(s);
    s.say(
      `{He} put on an apron and washed {his} {hands}.`,
      `{He} climbed on a stool and took down the biggest bowl.`,
      `{He} set everything out in a row: the {main}, the sugar, the wooden spoon.`,
    );
    s.paragraph();
    s.trait('dares');
    s.branch(
      () => {
        s.told.add('friend');
        s.say(
          `{Friend}, {his} best friend, came to help.`,
          `{His} best friend {friend} put on an apron too.`,
          `"I smell cooking," <said> {friend}, {his} best friend, from the door. "May I help?"`,
        );
        s.say(
          `But when they looked, there were not enough {main}. There were none at all!`,
          `Then {hero} opened the cupboard. Something was missing: there was no sugar!`,
        );
        s.say(
          `"Wait here," <said> {friend}, and ran off. A moment later {friend:he} was back with exactly what they needed. "I traded it for my {other:noun}, but only until tomorrow."`,
          `They knocked on every door. One gave them a spoonful, one gave them a cupful, and at the last door they got a whole bag.`,
        );
        s.say(
          `Then they stirred and stirred, until their arms were tired.`,
          `{Friend} stirred, and {hero} tasted. {Hero} tasted rather often.`,
        );
      },
      () => {
        s.say(
          `{Hero} took the white powder from the jar and put in three big spoons of it. But it was not sugar. It was salt!`,
          `{He} was thinking of something else, and so {he} mixed up the sugar and the salt.`,
        );
        s.say(
          `{Elder} took the first bite, and {elder:his} eyes went wide. "Interesting," <said> {elder}.`,
          `{He} tasted it. "Yuck!" <cried> {hero}. <shows-surprise>.`,
        );
        s.say(
          `<shows-shame>. But {elder} laughed until the spoons rattled. "I once did the very same thing. Come, we will make it again."`,
          `{Hero} wanted to hide under the table. But {he} said what had happened, because {because}. And they started over.`,
        );
      },
      () => {
        s.say(
          `{He} stirred so fast that the flour flew up. Soon {his} nose was white, and the floor was white, and the cat was white.`,
          `The milk boiled over, an egg rolled off the table, and the bowl stuck to {his} elbow. What a mess!`,
        );
        s.say(
          `"Is it snowing in here?" <asked> {elder} from the door.`,
          `When {elder} came in, {hero} stood in the middle of it all. <shows-shame>. "I wanted to do it alone," {he} <whispered>.`,
        );
        s.say(
          `They cleaned up first, and then they cooked, in this order.`,
          `"We cook with our {hands}," <said> {elder}, "but we clean with them too." And {hero} did not complain, because {because}.`,
        );
      },
      () => {
        s.say(
          `It had to stay in the ${dish.pot} for a whole hour. {Hero} looked after one minute. {He} looked after two minutes.`,
          `Then came the hard part: waiting. "Is it ready?" {hero} <asked>. "Not yet." "Is it ready now?" "Not yet."`,
        );
        s.say(
          `{He} swept the floor, {he} set the table, {he} sang all the songs {he} knew. At last the smell told them that it was done.`,
          `{He} went outside and forgot the time. When {he} came back, there was smoke! One side was as black as coal. But underneath it was still good. "The best part is always inside," <said> {elder}.`,
          `{He} sat down in front of the ${dish.pot} and watched, so that it would not run away. "It will not be faster if you stare," <said> {elder}. But it was done at last.`,
        );
      },
    );
    s.paragraph();
    s.say(
      `In the end the {meal} stood on the table and steamed.`,
      `The smell of the {meal} drew everyone in, one after another: a neighbor, a cousin, even the mailman.`,
      `<atlast> they all sat down, and it was quiet, because every mouth was full.`,
    );
    s.say(
      `"More, please!" was all that anybody said.`,
      `{Hero} got the biggest piece, and {he} gave half of it away.`,
      `{He} was <proud> when the last crumb was gone.`,
      `There was not enough for seconds, but there was enough for everyone.`,
    );
    s.paragraph();
  },
};

export const planting: Arc = {
  name: 'a seed',
  place: [
    'the garden',
    'the farm',
    'the meadow',
    'the forest',
    'the river',
    'the hill',
    'the orchard',
    'the park',
    'the clearing',
  ],
  lessons: [
    `Some things cannot be hurried.`,
    `Everything big begins with something small.`,
    `{Hero} had learned to wait, and that is a hard thing to learn.`,
    `If you care for something a little every day, it grows.`,
  ],
  tell(s) {
    s.let('plant', 'sunflower', 'pumpkin', 'bean', 'apple tree', 'rose bush', 'poppy', 'cherry tree');
    s.say(
      `One day {elder} put a tiny seed into {his} {hand}. "It will be a {plant}," <said> {elder}, "if you are patient."`,
      `{Hero} found a seed in {his} pocket. "What will you be?" {he} <asked>. But the seed did not say.`,
      `A bird dropped a seed right at {his} feet. {Hero} took it as a present.`,
    );
    plant(s);
    s.say(
      `{He} dug a hole {place:spot} and laid the seed in it. {He} covered it with earth and gave it water.`,
      `{He} found a good place {place:in}, {place:spot}, made a hole with one {hand}, and tucked the seed in like a baby.`,
    );
    s.say(
      `Then {he} sat down and waited. Nothing happened.`,
      `{He} put a stick beside it, so that nobody would step on it, and came back every hour.`,
      `That night {he} dreamed of leaves as big as umbrellas.`,
      `"Grow!" <said> {hero}. The seed did not listen.`,
      `The next morning {he} ran to look. There was only brown earth.`,
    );
    s.paragraph();
    s.branch(
      () => {
        s.say(
          `After three days {he} was <angry>. {He} wanted to dig it up and see what was wrong.`,
          `"It is taking too long," <grumbled> {hero}. <shows-anger>.`,
        );
        s.say(
          `"It is busy," <replied> {elder}. "It is making roots, down where you cannot see."`,
          `"Leave it be," <said> {elder}. "You did not grow in three days either."`,
        );
      },
      () => {
        s.told.add('friend');
        s.say(
          `{His} friend {friend} came by. "Are you talking to the mud?" <laughed> {friend}. But when {hero} explained it, {friend} helped to carry water.`,
          `{His} friend {friend} did not believe in it. "There is nothing there," <said> {friend}. "Wait and see," <replied> {hero}.`,
        );
      },
      () => {
        s.say(
          `Then no rain fell for [two|three] weeks, and the ground was as hard as stone.`,
          `One night a storm came. {Hero} lay awake and worried about the seed.`,
        );
        s.trait('dares');
        s.say(
          `{He} carried water {place:in}, morning and evening, in {his} two {hands}, because {because}.`,
          `{He} built a little roof of sticks over it, because {because}.`,
        );
      },
    );
    s.trait('dares');
    s.maybe(
      0.6,
      `Every day {hero} came back, because {because}.`,
      `{He} told the seed about {his} day, and {he} sang to it.`,
      `A week went by, and another one.`,
    );
    s.paragraph();
    s.say(
      `And then, one {weather} morning, something green stood there. It was no bigger than a grain of rice.`,
      `Somebody called {him} early one {weather} morning. Out of the earth peeped a green point, as thin as a needle.`,
      `Then it rained for one night, warm and soft, and in the morning two tiny leaves stood there.`,
      `<atlast> a small green tip pushed up through the earth and unfolded two leaves, like {hands}.`,
      `"There!" <cried> {hero}. A thin green stem was looking at the sun.`,
    );
    s.say(
      `It grew and grew, and by the end of summer it was a real {plant}, taller than {hero}.`,
      `Week by week it climbed. When the {plant} was finally there, {hero} called everyone to see it.`,
      `It became as high as {his} knee, and then as high as {his} nose, and then it was the finest {plant} far and wide.`,
      `Bees came to look at it, and birds, and all the neighbors. What a {plant} that was!`,
      `It took all summer. But it became the finest {plant} that anybody had ever seen {place:in}.`,
    );
    s.say(
      `{Hero} saved one seed from it, for next year.`,
      `"Good morning, {plant}," <said> {hero} every day.`,
      `"And that was in my {hand}!" <said> {hero}. "All of that!"`,
      `<shows-happy>. "You only needed time," <whispered> {hero}.`,
      `{He} was <proud>, and {he} still gave it water every day.`,
    );
    s.paragraph();
  },
};
