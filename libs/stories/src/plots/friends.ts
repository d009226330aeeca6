// Plots between two: sharing, a new friend, a helping hand, a quarrel.
import type { Plot } from '../cast.js';

export const FRIENDS: readonly Plot[] = [
  {
    name: 'sharing',
    owns: true,
    lessons: `{Hero} learned that a {thing:noun} is more fun with two. | What you share does not get smaller.
  It grows. | It is better to have half a {thing:noun} and a whole friend.`,
    text: `
<arrive>
[{He} took out the {thing}, and {he} {thing:play}. | {He} had the {thing} with {him}, and {he} {thing:play}.]
<meet-friend> ¶
["What a beautiful {thing:noun}!" <said> {friend}. "May I have a turn?" | "Can I try to {thing:toplay}?"
  <asked> {friend}. "Just for a moment?" | {Friend} looked at {thing:sign} and <asked>, "May I hold it?"]
["No!" <grumbled> {hero}. "It is mine." {He} held the {thing} behind {his} back. | But {hero} did not want to
  share. "You might break it," {he} <grumbled>. | {Hero} shook {his} head and held on to the {thing} with both
  {hands}. | "Maybe later," <said> {hero}, but {he} did not mean it.]
[{Friend} was <sad:friend>, and {friend:he} walked away. | {Friend} said nothing, but <shows-sad:friend>. |
  <Shows-sad:friend>. "All right," <whispered> {friend}, and {friend:he} went and sat down {place:spot}.] ¶
[ [{Hero} {thing:play}, all alone. But it was not fun anymore. | Now {hero} had the {thing} all to {himself}.
  How quiet it was! {He} felt <lonely>.]
[{He} looked over at {friend}, {place:spot}, and <shows-shame>. It could not go on like this, because <cares>.
  | <Shows-thought>. Then {he} went over to {friend}, because <cares>.]
| [Then {friend} took out a {other:full}. {Friend:He} did not say "mine". {Friend:He} <said>, "You can play
  with my {other:noun}, if you like." | A little later {friend} came back with a {other:full}. "Look, we can
  share this one," <said> {friend}.]
[{Hero} felt <ashamed>, and <shows-shame>. | <Shows-shame>. How could {friend} be so nice?]
| [{Elder} had seen everything. "How would you feel if you were {friend}?" <asked> {elder}. | "Who will
  {thing:toplay} with you tomorrow?" <asked> {elder} quietly.]
[{Hero} thought about that, and <shows-shame>. | {Hero} did not know what to say. <shows-thought>.] ]
["I am sorry," {he} <said>. "Let us {thing:toplay} together." And {he} held out the {thing}. | {He} put the
  {thing} into {friend}'s {hands}. "You first," <said> {hero}. "Mind {thing:sign}." | "Here, {friend}," {he}
  <said>. "It is your turn now, and then mine, and then yours."]
[{Friend} was so <happy> that {friend:he} forgot to be sad. They took turns until [the sun went down|supper|it
  was time to go]. | <Shows-happy:friend>. The two played until their legs were tired.]`,
  },
  {
    name: 'a new friend',
    place: 'outdoor',
    lessons: `Every friend was once a stranger. | A friendship can begin with a single word. | {Hero} was glad
  that {he} had said hello. | Sometimes a friend is only one small step away.`,
    text: `
[?child {stranger=a new {friend:kind}}|?!child {stranger=a {friend:kind} {he} had never seen before}]
<arrive>
[There, {place:spot}, sat {stranger} with {friend:look}. | Then {he} saw {stranger} {place:spot}, all alone. |
  Somebody was sitting {place:spot}. It was {stranger}.]
[{Friend:He} was holding a {other:full}. | {Friend:He} looked <lonely:friend>, and {friend:he} held a
  {other:full} on {friend:his} lap. | Next to {friend:him} lay a {other:full} with {other:mark}.] ¶
[ [{Hero} went right over, because <cares>. "Hello! I am {hero}. What is your name?" | "Hello," <said> {hero}.
  "I have never seen you here. My name is {hero}."]
| [{Hero} wanted to say something, but the words got stuck. What if the stranger did not like {him}? | Should
  {he} say hello? <shows-fear>.]
[In the end {he} did it anyway, because <cares>. "Is that your {other:noun}?" {he} <asked>. | Then the {other}
  [slipped|fell] down and landed right at {his} feet. {Hero} picked it up. "Is this yours?"]
| [{Hero} made a funny face. The stranger looked up. {Hero} made an even funnier one. And there it was: a
  smile! | {Hero} did not say anything. {He} sat down too and began to build a tower of pebbles. After the
  third pebble, a small {hand} put a fourth on top.] ]
{+friend}
["I am {friend}," <whispered> {friend}. "We moved here yesterday, and I do not know anybody." | It took a long
  time until the stranger spoke. "I am {friend}," <said> {friend}. "I only got here on Friday. I miss my old
  room." | "My name is {friend}," <said> the stranger at last. "Everything is new here. Even the sky looks
  different."]
["Now you know me," <said> {hero}. "Do you want to play <game>?" | "Then I will show you everything!" <cried>
  {hero}. {He} showed {friend} what was hidden {place:spot2} and the best hiding place, {place:spot3}. |
  "Come," <said> {hero}, "I will show you a secret place." And they ran to hide {place:spot2}.]
[It turned out that {friend} was very {friend:trait}, and that {friend:he} knew a hundred riddles. | {Friend}
  took the {other} and {other:play}, and then {hero} had a turn. {Friend} laughed for the first time that
  day.|]
[When it was time to go, {friend} was not lonely anymore. | By evening it felt as if they had always known
  each other. | "Will you come back tomorrow?" <asked> {friend}. "Tomorrow, and the day after, and the day
  after that," <said> {hero}.]`,
  },
  {
    name: 'a helping hand',
    other: 'breakable',
    place: 'outdoor',
    lessons: `Helping is a way of saying that you care. | When you help somebody up, you grow a little taller
  yourself. | {Hero} had missed the fun, but {he} did not mind one bit. | A heavy load is light when two carry
  it.`,
    text: `
{plan=see the puppet show|fly kites with the others|eat ice cream|watch the parade|swim in the lake|be first
  at the picnic}
<arrive>
[{He} was in a hurry, because {he} wanted to {plan}. | {He} had been looking forward to it all week: today
  {he} would {plan}. | "Today I will {plan}!" {he} sang.]
<meet-friend> ¶
[ [But {friend} did not look happy. {Friend:His} {other} was stuck {place:spot}, and {friend:he} could not get
  it out.  | "My {other}!" <cried> {friend}. It had tumbled down and lay {place:spot}, far out of reach.]
[{Hero} looked at the clock and then at {friend}. {He} stayed, because <cares>. | {Hero} could have gone on.
  But {he} did not, because <cares>.]
[{He} found a long stick and some string, and together they pulled and pushed and pulled again. | "I will hold
  this end, and you hold that end," <said> {hero}. They worked until their {hands} were sore. ]
[<At-last> {friend} held the {other} in {friend:his} {hands} again, and it was as good as new. | And then,
  pop, it was done! {Friend} could hardly believe it. "My {other:noun}! It is saved!"]
| {Friend} had stumbled {place:spot}. "Ow, my foot!" <cried> {friend}. "I cannot walk."
["Lean on me," <said> {hero}, because <cares>. | {Hero} forgot {his} plans at once, because <cares>.]
[They went slowly, [one step after another|ten steps and a rest, ten steps and a rest]. They told each other
  jokes, so the way seemed short.]
[When they were there, {friend} let out a deep breath. <thanks> {friend:he} <said>. | "We did it," <said>
  {friend}. "Without you I would still be sitting {place:spot2}."] ]
[ [Now it was too late to {plan}. "I am sorry that you missed it," <said> {friend}. "Tomorrow I will come
  along, and we will go together." | It was too late for {hero} to {plan}. But then {friend} ran home and came
  back with <snack>. They had their own little party {place:spot3}.]
| [And just imagine: there was still time to {plan}! They ran as fast as they could, and {friend} came along.
  | "If we run, you can still {plan}," <said> {friend}. And they ran, {hand} in {hand}.] ]`,
  },
  {
    name: 'a quarrel',
    lessons: `It is hard to say sorry first, and it is worth it. | A good friend is worth more than winning. |
  A quarrel is like a knot: pulling makes it worse.`,
    text: `
<arrive>
<meet-friend>
{gamea=hide and seek|pirates|explorers|kings and queens}
{gameb=tag|shopkeepers|leapfrog|knights and dragons}
[ [{Hero} wanted to play {gamea}, but {friend} wanted to play {gameb}. "{Gamea}!" "{Gameb}!" "{Gamea}!"
  Neither of them would give in. | "Let us play {gamea}," <said> {hero}. "We always play {gamea}," <grumbled>
  {friend}. "Today I want {gameb}."]
| [They both saw it in the same moment: a {other:full}, lying {place:spot}. "I saw it first!" <cried> {hero}.
  "No, I did!" <cried> {friend}. | They found a {other:full} {place:spot}. {Hero} pulled on one end, and
  {friend} pulled on the other.]
| [They were building a tower of stones {place:spot}. "The big one goes on top," <said> {hero}. "The small
  one!" <said> {friend}. Then the tower fell. "That was your fault!" they both shouted.] ]
[<Shows-anger>. "I will never play with you again!" <grumbled> {hero}. | {Hero} was <angry>. {Friend} was
  <angry:friend> too. | <Shows-anger>, and <shows-anger:friend>.] ¶
[{Hero} sat down {place:spot2}, and {friend} sat down {place:spot3}. It was a long way between them. | They
  turned away from each other. For a long time nobody said a word.]
[{Place:sight2} It would have been nice to see it together. | It is no fun to be cross, {hero} thought, and it
  makes you so tired. | After a while {hero} could not even remember how it had started.]
[ [{Hero} took the first step, because <cares>. | Somebody had to begin. {Hero} got up, because <cares>.]
["I was unfair," {he} <said>. "I am sorry, {friend}." "I am sorry too," <replied> {friend}, and {friend:he}
  smiled. | "{Friend}?" {he} <whispered>. "I do not want to fight anymore." {Friend} looked up. "Neither do
  I," {friend:he} <whispered>. "I only shouted because you did." | "You may choose the game," {he} <said>.
  "No, you may," <replied> {friend}. And then they both had to grin.]
| [Then both of them got up, both of them said, "I am sorry," and both of them laughed. | They both peeked
  around at the same time. {Hero} had to grin. {Friend} had to grin too. And the quarrel was over.]
| ["When I was young," <said> {elder}, who had been listening, "I lost a friend over a walnut. A walnut! I
  still think of it." | {Elder} came by and gave each of them one half of a pear. "It is a pity," <said>
  {elder}. "The two halves only fit each other."]
[{Hero} and {friend} looked at each other. "Shall we make up?" {hero} <asked>. {Friend} nodded. | That made
  {hero} think. {He} went to {friend} and held out {his} {hand}, and {friend} took it.] ]
[This time they found a way: first {gamea}, then {gameb}, and then both at once. | They invented a game that
  was half {gamea} and half {gameb}. It had never been played before. | They spent the rest of the day
  together, and nobody minded who was first.]`,
  },
];
