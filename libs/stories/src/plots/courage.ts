// Plots about courage: a fear overcome, a skill practiced, a night without sleep.
import type { Plot } from '../cast.js';

export const COURAGE: readonly Plot[] = [
  {
    name: 'a fear overcome',
    thing: 'pocket',
    place: 'outdoor',
    lessons: `Being brave does not mean that you have no fear. It means that you take it by the {hand}. | The
  fear had been much bigger than the thing itself. | {Hero} was still a little afraid sometimes, but now {he}
  knew what to do. | Fear gets smaller when you walk toward it.`,
    text: `
<plant>
[{fear=the dark}{start={Hero} had to fetch a jar of jam from the cellar, where it was as dark as in a sack.}
  {end=It was only dark. The jars stood in their rows, and a cricket chirped to keep {him} company.}
| {fear=thunder}{start=Black clouds rolled up, and in the distance it began to rumble.} {end=With each rumble
  {he} counted, and with each count the thunder moved farther away.}
| {fear=deep water}{start=All the others had jumped into the lake. Only {hero} still stood on the edge.}
  {end=The water was cold for one moment, and then it carried {him} like a big soft hand.}
| {fear=high places}{start=A ball had landed on the roof of the shed, and somebody had to climb up the
  ladder.} {end=From the top {he} saw the whole world: the fields, the roofs, the silver river. It was
  beautiful.}
| {fear=the big dog}{start=Behind the gate on the way home lived a big dog with a very big bark.} {end=The dog
  sniffed {his} {hand} and wagged its tail. It had only barked because it wanted to play.}
| {fear=speaking in front of others}{start=At the summer party, {hero} had to say a poem, and everybody was
  there.} {end=The first word was the hardest. The second was easier. The rest came all by themselves.} ]
{trick=count to five|hum a tune|hold on to something and breathe slowly|think of something funny|laugh out
  loud|wiggle every toe}
[There was one thing that {hero} was afraid of: {fear}. | But {hero} had a secret. {He} was afraid of {fear}.
  | Only one thing made {his} knees go soft, and that was {fear}. | {Hero} did not like {fear}, not one bit.]
  ¶
[And of course, sooner or later, it had to happen. | One {weather} day it happened. | Then came a day that
  {hero} would remember.]
{start}
[<Shows-fear>. | {Hero} was <afraid>, and <shows-fear>. | "I cannot do it," {he} <whispered>. <shows-fear>.]
[ ["Do you know what I do when I am afraid?" <asked> {elder}. "I {trick}." | {Elder} knelt down beside {him}.
  "I used to be afraid of {fear} too," <said> {elder}. "It helps to {trick}."]
| {+friend}
[{His} friend {friend} stood next to {him}. "I am not laughing," <said> {friend}. "I get scared too. Then I
  {trick}." | "I will stay right here," <said> {friend}, {his} best friend. "We can do it together. First we
  {trick}."]
| [There was nobody to ask. {Hero} had to find a way alone. | <Shows-thought>. What would {elder} do now?
  {Elder} would {trick}, of course.]
["It cannot hurt to {trick}," thought {hero}, and {he} did it twice, to be sure. | "I could {trick}," {he}
  thought. So that is what {he} did. | So {he} tried to {trick}. It helped, a little.]
| [{Hero} held the {thing:full} that {he} always carried with {him}. {He} felt for {thing:mark} with one
  {hand}. That gave {him} courage. | In {his} bag there was a {thing:full} with {thing:mark}. {Hero} held on
  to it tightly. "You come with me," {he} told it.]
{+thing} ]
[Then {he} took one step, because <dares>. And another. | "One, two, three," {he} <whispered>. And {he} did
  it, because <dares>. | {He} still trembled. But {he} did not turn back, because <dares>.] ¶
{end}
["I did it!" <cried> {hero}. | <Shows-happy>. "Was that all?" <laughed> {hero}. | {Hero} felt <proud>. | {He}
  felt ten feet tall.]
[The next time, {hero} hardly thought of {fear} at all. | "May I do it again?" {he} <asked>. | And {fear}? It
  never bothered {him} quite so much again.|]`,
  },
  {
    name: 'a new skill',
    place: 'outdoor',
    lessons: `Nobody is born knowing how. | You fall down nine times, and you get up ten times. | {Hero} had
  learned more than one thing that week. | Practice is only another word for not giving up.`,
    text: `
[{skill=whistle}{fail=Only air came out, pfff, and a bit of spit.} {success=a clear, bright note flew out and
  up over the roofs}
| {skill=ride a bicycle}{fail=The wheels wobbled left and right, and then {he} sat in a bush.} {success=the
  wheels rolled straight on, and nobody was holding the seat}
| {skill=skip stones}{fail=Plop! The stone sank like, well, like a stone.} {success=the stone hopped over the
  water, one, two, three, four times}
| {skill=do a handstand}{fail={His} legs went up, and {his} legs came down, and everything was grass.}
  {success={his} toes pointed straight at the clouds and stayed there}
| {skill=juggle}{fail=One ball rolled away, one hit {his} nose, and one was never seen again.} {success=all
  three balls danced in the air}
| {skill=knit}{fail=It was supposed to be a sock, but it looked more like a spider's web.} {success=row after
  row grew, soft and even} ]
<arrive>
<meet-friend>
[{Friend} could {skill}. {Hero} could not. | "Look what I can do!" <cried> {friend}. {Hero} looked, and wished
  that {he} could {skill} too. | {Hero} wanted to learn how to {skill} more than anything in the world.]
["That cannot be so hard," {he} <said>, and tried it. | So {he} tried. | "Watch me," <said> {hero}.]
{fail}
[{He} tried again. The same thing happened. | The second time was no better. | {He} tried five times, and it
  went wrong five times.] ¶
["I will never learn it," <sighed> {hero}. <shows-sad>. | <Shows-anger>. "It is a stupid thing anyway," {he}
  <grumbled>. | {Hero} was <sad>. Everyone else seemed to find it easy.]
[ [{Friend} did not laugh. "It took me a whole [month|summer]," <said> {friend}. "Shall I show you how?" | "Do
  it slowly," <said> {friend}, who was {friend:trait} and knew how to wait. "I will do it with you."]
| ["Let me tell you something," <said> {elder}. "I tried [forty|a hundred] times, and on the last day I almost
  stopped. Almost." | {Elder} sat down beside {him}. "A little every day," <said> {elder}. "That is the whole
  secret."]
| [Then {he} saw a {place:animal} that was trying to get across a [puddle|branch]. It slipped and tried again,
  slipped and tried again. "If you can, I can," thought {hero}. | {Hero} wanted to throw everything down. But
  {he} did not, not {hero}.] ]
[{He} practiced the next day and the day after, because <dares>. | Every morning, {place:in}, {he} worked at
  it, because <dares>. | So {he} kept on, on Monday and on Tuesday and on Wednesday, because <dares>.] ¶
[And one {weather} morning, {success}. | Then, when {he} was thinking of something else, it happened:
  {success}. | On the seventh day, all at once, {success}.]
["I can {skill}!" <cried> {hero}, and <shows-happy>. | {Hero} was <surprised>. Then <shows-happy>. |
  <Shows-happy>. {He} was <proud>.]
[{Friend} cheered, and that day they practiced together until it was dark. | {Elder} came out to see it and
  clapped for a long time. | A very young {place:animal} sat near and watched with big eyes. "Shall I show you
  how?" <asked> {hero}.]`,
  },
];
