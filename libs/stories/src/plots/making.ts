// Plots about making: a present, a meal, a plant, a snowman.
import type { Plot } from '../cast.js';

export const MAKING: readonly Plot[] = [
  {
    name: 'a present made by hand',
    lessons: `The best presents are made of time. | What is made with love does not have to be perfect. |
  {Hero} found out that giving feels even better than getting. | A mistake can be the beginning of a good
  idea.`,
    text: `
<plant>
[{gift=a crown of leaves}{from=leaves and a piece of string}{wrong=the leaves fell off one after another}
  {better={he} wove the stems over and under, like a basket}
| {gift=a bird house}{from=six boards and some nails}{wrong=the roof was where the floor should be}
  {better={he} drew a plan first and measured everything twice}
| {gift=a necklace}{from=seeds and thread}{wrong=the thread snapped, and the seeds bounced all over the floor}
  {better={he} took two threads instead of one and made a good knot}
| {gift=a painted card}{from=paper and berry juice}{wrong=a big drop of juice fell right into the middle}
  {better={he} turned the drop into a sun with long rays}
| {gift=a wind chime}{from=shells and a stick}{wrong=the shells got tangled up in one big clump} {better={he}
  hung them up one by one, with a finger of space between}
| {gift=a stuffed bear}{from=an old sock and wool}{wrong=it looked like a potato with ears} {better={he} sewed
  with tiny stitches and gave it two button eyes} ]
[{dear=@friend}{helper=@elder}{+friend}|{dear=@elder}{helper=@friend}]
[Soon {dear:first} would have a birthday, and {hero} had nothing to give. | Tomorrow was the birthday of
  {dear:first}. {Hero} turned {his} piggy bank upside down, but it was empty. | {Hero} wanted to give
  {dear:first} something special[, for no reason at all|, because {dear} had been ill]. But what?]
[<Shows-thought>. "I will make {gift}!" {he} <said>. | Then {he} had an idea. {He} would make {gift}. |
  "Something made by hand is best," thought {hero}. It would be {gift}.]
[{He} needed {from}. {He} found everything {place:in}, {place:spot} and {place:spot2}. | {He} gathered {from},
  [put out {his} tongue|rolled up {his} sleeves] and began.] ¶
[But it was not easy: {wrong}. | It did not go well. First nothing held, and then {wrong}. | Oh dear! When
  {he} was almost done, {wrong}.]
[{Hero} was <sad>. "It is ugly," {he} <sighed>. | <Shows-anger>. {He} wanted to throw it all away. |
  <Shows-sad>. All that work, for nothing!]
[ [But {he} began again, because <dares>. This time {better}. | {He} took a little walk, and then {he} tried
  once more, because <dares>. Now {better}.]
| ["May I see it?" <asked> {helper:first}. "Oh, but that is a fine start. Try it a little slower." And so
  {better}. | {Helper:first} looked over {his} shoulder. "My first one was much worse," <said> {helper}. That
  made {hero} laugh. {He} started over, and this time {better}.]
| ["Wrong does not mean finished," {he} told {himself}. And then {better}. | {Hero} slept on it. In the
  morning {he} knew what to do: {better}.] ] ¶
[Then came the moment. {Hero} pushed {gift:the} across the table without a word. | The next day {he} held out
  {gift:the} with both {hands}. "I made it myself," {he} <whispered>. | When {dear} unwrapped the present,
  {hero} held {his} breath.]
[{Dear} was <surprised:dear>. "You made this? For me?" | {Dear} did not say anything at first. Then
  <shows-happy:dear>. | "It is the most beautiful present in the world," <said> {dear}, and
  <shows-happy:dear>.]
["It is a bit crooked," <said> {hero}. "That is how I know that it is from you," <said> {dear}. | From that
  day on {gift:the} had the best place in {dear}'s room. | {Dear} showed {gift:the} to everyone who came
  by.]`,
  },
  {
    name: 'something from the oven',
    lessons: `Taste before you serve, and laugh when it goes wrong. | A meal is best when there are many
  around the table. | Even a mistake can taste good if you eat it together. | {Hero} wrote the recipe down,
  with all its mistakes.`,
    text: `
<plant>
[{dish=a cherry pie}{main=cherries}|{dish=a carrot cake}{main=carrots}|{dish=a batch of pancakes}{main=eggs}|
  {dish=a nut cake}{main=nuts}|{dish=a loaf of bread}{main=raisins}|{dish=a blueberry
  pudding}{main=blueberries}| {dish=a tray of cookies}{main=chocolate drops}|{dish=a jar of plum
  jam}{main=plums}]
[One {weather} day {hero} decided to make {dish}. | "Let us make {dish}," <said> {elder} one morning. | It was
  {elder}'s birthday, and {hero} wanted to surprise everyone with {dish}. | {Hero} was hungry, and not just a
  little. "I will make {dish}," {he} <said>.]
[{He} put on an apron and washed {his} {hands}. | {He} climbed on a stool and took down the biggest bowl. |
  {He} set everything out in a row: the {main}, the sugar, the wooden spoon.] ¶
[ {+friend}
[{Friend}, {his} best friend, came to help. | {His} best friend {friend} put on an apron too. | "I smell
  cooking," <said> {friend}, {his} best friend, from the door. "May I help?"]
[But when they looked, there were not enough {main}. There were none at all! | Then {hero} opened the
  cupboard. Something was missing: there was no sugar!]
["Wait here," <said> {friend}, and ran off. A moment later {friend:he} was back with exactly what they needed.
  "I traded it for my {other:noun}, but only until tomorrow." | They knocked on every door. One gave them a
  spoonful, one gave them a cupful, and at the last door they got a whole bag.]
[Then they stirred and stirred, until their arms were tired. | {Friend} stirred, and {hero} tasted. {Hero}
  tasted rather often.]
| [{Hero} took the white powder from the jar and put in three big spoons of it. But it was not sugar. It was
  salt! | {He} was thinking of something else, and so {he} mixed up the sugar and the salt.]
[{Elder} took the first bite, and {elder:his} eyes went wide. "Interesting," <said> {elder}. | {He} tasted it.
  "Yuck!" <cried> {hero}. <shows-surprise>.]
[<Shows-shame>. But {elder} laughed until the spoons rattled. "I once did the very same thing. Come, we will
  make it again." | {Hero} wanted to hide under the table. But {he} said what had happened, because <dares>.
  And they started over.]
| [{He} stirred so fast that the flour flew up. Soon {his} nose was white, and the floor was white, and the
  cat was white.]
["Is it snowing in here?" <asked> {elder} from the door. | When {elder} came in, {hero} stood in the middle of
  it all. <shows-shame>. "I wanted to do it alone," {he} <whispered>.]
[They cleaned up first, and then they cooked, in this order. | "We cook with our {hands}," <said> {elder},
  "but we clean with them too." And {hero} did not complain, because <dares>.]
| [It had to cook for a whole hour. {Hero} looked after one minute. {He} looked after two minutes. | Then came
  the hard part: waiting. "Is it ready?" {hero} <asked>. "Not yet." "Is it ready now?" "Not yet."]
[{He} swept the floor, {he} set the table, {he} sang all the songs {he} knew. At last the smell told them that
  it was done. | {He} sat down in front of the stove and watched, so that it would not run away. "It will not
  be faster if you stare," <said> {elder}. But it was done at last.] ] ¶
[In the end {dish:the} stood on the table and steamed. | <At-last> they all sat down, and it was quiet,
  because every mouth was full.]
["More, please!" was all that anybody said. | {Hero} got the biggest piece, and {he} gave half of it away. |
  {He} was <proud> when the last crumb was gone. | There was not enough for seconds, but there was enough for
  everyone.]`,
  },
  {
    name: 'a seed',
    place: 'soil',
    lessons: `Some things cannot be hurried. | Everything big begins with something small. | {Hero} had
  learned to wait, and that is a hard thing to learn. | If you care for something a little every day, it
  grows.`,
    text: `
<plant>
{crop=sunflower|pumpkin|bean|apple tree|rose bush|poppy|cherry tree}
[One day {elder} put a tiny seed into {his} {hand}. "It will be a {crop}," <said> {elder}, "if you are
  patient." | {Hero} found a seed in {his} pocket. "What will you be?" {he} <asked>. But the seed did not say.
  | A bird dropped a seed right at {his} feet. {Hero} took it as a present.]
[{He} dug a hole {place:spot} and laid the seed in it. {He} covered it with earth and gave it water. | {He}
  found a good place {place:in}, {place:spot}, made a hole with one {hand}, and tucked the seed in like a
  baby.]
[Then {he} sat down and waited. Nothing happened. | {He} put a stick beside it, so that nobody would step on
  it, and came back every hour. | "Grow!" <said> {hero}. The seed did not listen. | The next morning {he} ran
  to look. There was only brown earth.] ¶
[ [After three days {he} was <angry>. {He} wanted to dig it up and see what was wrong. | "It is taking too
  long," <grumbled> {hero}. <shows-anger>.]
["It is busy," <replied> {elder}. "It is making roots, down where you cannot see." | "Leave it be," <said>
  {elder}. "You did not grow in three days either."]
| {+friend}
[{His} friend {friend} came by. "Are you talking to the mud?" <laughed> {friend}. But when {hero} explained
  it, {friend} helped to carry water. | {His} friend {friend} did not believe in it. "There is nothing there,"
  <said> {friend}. "Wait and see," <replied> {hero}.]
| [Then no rain fell for [two|three] weeks, and the ground was as hard as stone. | One night a storm came.
  {Hero} lay awake and worried about the seed.]
[{He} carried water {place:in}, morning and evening, in {his} two {hands}, because <dares>. | {He} built a
  little roof of sticks over it, because <dares>.] ]
[Every day {hero} came back, because <dares>. | {He} told the seed about {his} day, and {he} sang to it.|] ¶
[And then, one {weather} morning, something green stood there. It was no bigger than a grain of rice. | Then
  it rained for one night, warm and soft, and in the morning two tiny leaves stood there. | <At-last> a small
  green tip pushed up through the earth and unfolded two leaves, like {hands}. | "There!" <cried> {hero}. A
  thin green stem was looking at the sun.]
[It grew and grew, and by the end of summer it was a real {crop}, taller than {hero}. | Week by week it
  climbed. When the {crop} was finally there, {hero} called everyone to see it. | Bees came to look at it, and
  birds, and all the neighbors. What a {crop} that was!]
[{Hero} saved one seed from it, for next year. | "And that was in my {hand}!" <said> {hero}. "All of that!" |
  <Shows-happy>. "You only needed time," <whispered> {hero}. | {He} was <proud>, and {he} still gave it water
  every day.]`,
  },
  {
    name: 'the first snow',
    thing: 'wearable',
    lessons: `Snow does not stay, but the memory of it does. | Some things are beautiful because they do not
  last. | {Hero} could hardly wait for the next winter. | You can say goodbye to something and still be glad
  that it came.`,
    text: `
{+sky}
[One morning it was strangely quiet. {Hero} ran to the window. Everything was white! | "Wake up, {hero},"
  <whispered> {elder}. "It has snowed in the night." | {Hero} put {his} nose out of the door, and a flake
  landed on it. The first snow!]
{+friend}
[{He} put on two pairs of socks and ran to fetch {his} friend {friend}. | <Soon> {his} friend {friend} was
  there, wrapped up so well that only {friend:his} eyes showed.]
<plant>
["Let us build a snowman," <said> {friend}, "the biggest there ever was." | They made one big ball, one middle
  ball and one little ball, and put them on top of each other.] ¶
[{Hero} gave it a carrot for a nose, and {friend} gave it two stones for eyes. | The snowman got eyes of coal
  and a smile of acorns. | {Friend} found a stick for its nose, and {hero} found pebbles for its buttons.]
{+thing}
[Still, the snowman looked a bit bare. {Hero} thought about it and gave it a {thing:full} with {thing:mark}.
  That was much better. | But something was missing. {Hero} ran inside and came back with a {thing:full}. It
  had {thing:mark}. Now the snowman was perfect. | "He looks cold," <said> {hero}, and gave the snowman {his}
  own {thing:full}, the one with {thing:mark}.]
["What is his name?" <asked> {friend}. "Bartholomew," <said> {hero} at once. So it was Bartholomew. | They
  called him Mister Frost. | "We will call him Snowball," <said> {friend}.] ¶
[ [But after [three|four] days it grew warm. The snowman became thinner and thinner. | Then the sun came.
  Drip, drip, drip, went the snowman.]
[<Shows-sad>. "Do not go!" <cried> {hero}. | {Hero} was <sad>, and {friend} was <sad:friend> too.]
["He is not gone," <said> {elder}. "He is on his way to the river, and to the sea, and up to the clouds. Next
  winter he will be back." | In the evening there was only a puddle, with the {thing} in the middle. {Hero}
  picked it up and saw {thing:sign}. "Goodbye," {he} <whispered>. "Come again."]
| [The next morning the {thing} was gone! Tiny footprints led away from the snowman. | When they came back the
  next day, somebody had taken the {thing}. There were tracks in the snow.]
[{Hero} followed them, because <dares>. They ended at a little hole behind the woodpile. | "Let us see where
  they go," <said> {friend}. The tracks led to a hole behind the woodpile.]
There, snuggled into the {thing}, slept a whole family of field mice. {Hero} saw {thing:sign} between their
  tails. "They need it more than the snowman does," {he} <whispered>.
{-thing}
| ["Now he has nobody to talk to," <said> {friend}. So they built a second one, and a third one, and at last a
  dog of snow. | Then {friend} threw a snowball, by accident or not, and it hit {hero} on the nose. What a
  battle that was!]
[They only went inside when they could not feel their toes. {Elder} had made <snack>. | When it got dark, the
  snow shone blue. {Hero} thought that it was the most beautiful thing {he} had ever seen.] ]`,
  },
];
