// Plots about trust: a mistake confessed, a secret kept.
import type { Plot } from '../cast.js';

export const TRUST: readonly Plot[] = [
  {
    name: 'a mistake and an apology',
    other: 'breakable',
    lessons: `It takes courage to say, "It was me." | A broken thing can be mended, and so can a sad heart. |
  The truth had been heavy to carry and easy to put down. | {Hero} promised to be more careful, and {he} kept
  {his} word. | Everybody makes mistakes. What counts is what comes after.`,
    text: `
<plant>
[{owner=@friend}{+friend}|{owner=@elder}]
[{Owner:first} had a {other:full} with {other:mark}, and everybody knew how much {owner:he} loved it. | There
  was one thing that {owner:first} loved very much: a {other:full} with {other:mark}. | "Please do not touch
  my {other}," {owner:first} always said. It had {other:mark}, and it was very old.]
[One day, when nobody was looking, {hero} picked it up, only to see {other:sign}. It slipped out of {his}
  {hands}. Crack! | It happened on a {weather} afternoon. {Hero} only wanted to look at it up close. One wrong
  move, and down it went. | One {weather} day {hero} was [running|dancing] around and bumped into it. It fell,
  and it broke. | {Hero} wanted to {other:toplay}, just once. But {he} was in too much of a hurry, and there
  was a terrible crack.]
[<Shows-fear>. What now? | {Hero} stood quite still. <shows-shame>. | For a moment everything was silent. Then
  {hero} heard {his} own heart. | "Oh no," <whispered> {hero}. "Oh no, oh no."] ¶
[ [{He} hid the pieces {place:in}, {place:spot}, and ran off. | Quickly {he} pushed the broken {other} under a
  pile of leaves and walked away, whistling.]
[But {he} could not eat, and {he} could not play. {His} tummy felt full of stones. | All day long {he} saw
  {other:sign} before {his} eyes.]
[In the evening {he} could not bear it any longer, because <cares>. | <At-last> {he} got up and went to
  {owner}, because <cares>.]
| [{He} could say that the wind had done it. Or a {place:animal}. Nobody would ever know. | "Perhaps nobody
  will notice," thought {hero}. But {he} would know.]
[But {he} did not do that, because <cares>. {He} gathered up every piece and went to {owner}. | {He} took a
  deep breath and carried the pieces to {owner}, because <cares>.]
| [A {place:animal} had been sitting nearby, and {owner} thought that it had done it. "You bad thing!"
  <grumbled> {owner}. | "It must have been the cat," <said> {owner}. The cat looked at {hero}, and {hero}
  looked at the cat.]
[That was not fair. <shows-shame>. | Somebody else was getting the blame! {Hero} could not let that happen.] ]
["It was me," {he} <whispered>. "I broke your {other}. I am so sorry." | "I have to tell you something,"
  <said> {hero}, and then it all came out, very fast. | {He} held out the pieces. "I did it, {owner}, and I am
  sorry," <said> {hero}.] ¶
[{Owner} was quiet for a while. "I am sad about it," <said> {owner}. "But I am glad that you told me." | First
  {owner} was <angry:owner>. Then {owner:he} saw {hero}'s face. "Thank you for telling me the truth," <said>
  {owner}. | {Owner} looked at the pieces and then at {hero}. "That was not easy to say, was it?" <asked>
  {owner}.]
[They sat down together and glued it, piece by piece. Only {other:sign} was a little crooked afterwards. |
  "Come, we will mend it," <said> {owner}. It took the whole [evening|afternoon], and it was almost nice. | To
  make up for it, {hero} gave {owner} {his} own {thing:full}. "It is not the same," {he} <said>, "but it has
  {thing:mark}."]
[{Hero} breathed in and out. How easy that was, all at once! | The stones in {his} tummy were gone. | {Hero}
  felt as light as a feather.]`,
  },
  {
    name: 'a secret',
    lessons: `Some secrets are like presents: you keep them until the right day. | A happy secret is hard to
  carry, but it is worth it. | {Hero} had kept it, and that was {his} part of the present.`,
    text: `
{+friend}
<plant>
{plan=a surprise party|a tree house|a puppet show|a boat trip|a lantern parade}
["Can you keep a secret?" <asked> {elder} one day. | One {weather} morning {elder} called {hero} aside and
  closed the door. "This must stay between us," <whispered> {elder}. | "Shh," <said> {elder}. "What I tell you
  now, you must not tell anyone."]
[{Hero} nodded. "On {friend}'s birthday there will be {plan}," <whispered> {elder}. {Friend} was {his} best
  friend. | It was about {friend}, {his} best friend: for {friend:his} birthday there would be {plan}, and
  {friend:he} must not know.]
[The secret tickled {him} like a feather. | {Hero} was <excited>. The secret was so big that it hardly fit
  inside. | Now {hero} knew something that {friend} did not know. What a strange feeling that was! | {He}
  pressed both {hands} over {his} mouth, so that it could not slip out.] ¶
[From that moment on everything was difficult, because {friend} noticed everything. | That afternoon {friend}
  was standing at the door, just like every afternoon. | It was not easy. Every day {friend} came to play.]
[ ["Why are you grinning?" <asked> {friend}. "Because of the, because of the weather," <said> {hero}. | "You
  are hiding something," <said> {friend}. "Me? No!" <cried> {hero}, much too loudly.]
[{He} told it to a hollow tree instead, and the tree kept it. | To be safe, {hero} ate a very sticky piece of
  toffee. With that in {his} mouth {he} could not say a word.]
| [{Friend} was <sad:friend>. "Everybody whispers and goes away when I come," <sighed> {friend}. "Does nobody
  like me anymore?" | "You never have time for me now," <said> {friend}, and {friend:he} turned away.]
[It hurt {hero} to hear that, because <cares>. "Trust me," {he} <said>. "Only until Sunday." | {Hero} almost
  told. But {he} only took {friend}'s {hand} and <said>, "I like you more than anyone. You will see."]
| [Once {he} almost said it. "On Sunday there will be a sur, a sur, a surprisingly big moon," {he} <said>.]
[Every evening {he} made a mark on the wall. Five more days. Four. Three. | At night {he} whispered it into
  {his} pillow. The pillow was very good at secrets.] ]
[There was so much to do: {hero} cut out paper stars until {his} {hands} hurt. | {Hero} wrapped up a
  {thing:full} with {thing:mark}. It was for {friend}. | When nobody was looking, {he} painted a big banner
  {place:in}, {place:spot2}.] ¶
[<At-last> the day was there. "Close your eyes," <said> {hero} and led {friend} by the {hand}. | On the great
  day {hero} was awake before the birds. Everyone hid. Then {friend} came in. "Surprise!" | And then it was
  Sunday. {Friend} opened the door. "Surprise!" everybody shouted.]
[<Shows-surprise:friend>. | {Friend} was <surprised:friend>. | {Friend} laughed and cried at the same time.]
["You knew it all along!" <said> {friend}. "Every single minute," <replied> {hero}, and it felt wonderful to
  say so. | "And you did not tell!" <cried> {friend}. {Hero} was <proud>. | There was {plan}, and <snack> for
  everyone, and {hero} could finally talk as much as {he} wanted.]`,
  },
];
