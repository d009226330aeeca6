// Plots about finding: a lost thing, a lost young animal.
import type { Plot } from '../cast.js';

export const LOST: readonly Plot[] = [
  {
    name: 'lost and found',
    owns: true,
    place: 'outdoor',
    lessons: `From that day on, {hero} always looked after the {thing}. | {Hero} had learned that a thing is
  twice as dear when it has been lost and found. | When you lose something, it helps to stop, to think, and to
  ask. | Some things come back to us if we do not stop looking.`,
    text: `
<arrive>
[{He} [had taken the {thing} along|had the {thing} with {him}], and all morning {he} {thing:play}. | Of course
  the {thing} came along. {He} {thing:play}, again and again.]
[But when {he} wanted to go home, the {thing} was gone! | <Suddenly> {he} noticed that {his} {hands} were
  empty. Where was the {thing}? | Then {he} put it down for one moment to [tie {his} scarf|drink some
  water|chase a butterfly]. When {he} came back, it had vanished.] ¶
[{Hero} was <sad>. | <Shows-sad>. | {Hero} was <worried>, and <shows-sad>. | "Oh no, my {thing}!" <cried>
  {hero}.]
[{He} <looked> {place:spot}. [Nothing.|No {thing:noun}.] {He} <looked> {place:spot2}. [Nothing there,
  either.|Still nothing.] | Was it {place:spot}? No. Was it {place:spot2}? No, it was not there [either|at
  all]. | First {he} <looked> {place:spot}, and then {place:spot2}, but [there was no {thing:noun} anywhere|it
  was nowhere to be seen].]
[ <meet-friend>
["What are you looking for?" <asked> {friend}. "My {thing}," <sighed> {hero}. "It has {thing:mark}." | "Have
  you seen a {thing:noun}?" {hero} <asked>. "It is {thing:color}, and it has {thing:mark}."]
[{Friend} helped at once, because {friend:cares}. {Friend:He} <looked> {place:spot3}. "Is this it?" <cried>
  {friend}. | "Two pairs of eyes see more than one," <said> {friend}. And it was {friend:he} who <looked>
  {place:spot3}, and there it lay.]
[There was {thing:sign}! It was the {thing}! {Hero} hugged {friend} [tight|three times]. | {Hero} saw
  {thing:sign} and knew that it was {his} own. <thanks> <cried> {hero}.]
| [But {hero} did not give up, because <dares>. | {Hero} sat down. <shows-thought>. Where had {he} been last?
  | "[Think, {hero}, think|Where was I last]," {he} told {himself}.]
[Then {he} remembered: {he} had stopped {place:spot3}! {He} ran back, and there it was, {thing:sign} and all.
  | Step by step {he} went back the way {he} had come. And there, {place:spot3}, something {thing:color}
  peeked out. It was the {thing}! | The last place {he} <looked> was {place:spot3}. Something {thing:color}
  was lying there. <shows-happy>.]
| [<Suddenly> {he} heard a [rustle|small noise] {place:spot3}. A {place:animal} was sitting there, right
  beside the {thing}! | A {place:animal} came close and looked at {him} as if to say, "Follow me." It led
  {him} along, and there, {place:spot3}, lay the {thing}.]
["Did you [keep it warm|look after it] for me?" <asked> {hero}. {He} checked for {thing:sign}, and it was
  there. | {Hero} ran one {hand} over {thing:sign}. Yes, it was {his} {thing}. "Thank you for watching over
  it," {he} <whispered>.]
| [Then {elder} came. "Somebody left this {place:spot3}," {elder} <said> and held up a {thing}. "I saw
  {thing:sign} and thought of you." | When {he} came home without it, {elder} was [smiling|waiting]. "Look
  what I found {place:spot3}," {elder} <said>. "It has {thing:mark}. Do you know whose it is?"]
["Mine!" <cried> {hero}, and <shows-happy>. | {Hero} held the {thing} [close|to {his} chest] and would not let
  go.] ]`,
  },
  {
    name: 'a lost little one',
    place: 'outdoor',
    lessons: `Nobody is too small to help somebody who is even smaller. | {Hero} knew now how good it feels to
  bring someone home. | Everyone is somebody's little one. | Home is where somebody is looking out of the
  window for you.`,
    text: `
{baby=duckling|kitten|puppy|chick|baby owl|lamb|baby goat}
{noise=peep|squeak|whimper}
<arrive>
[<Suddenly> {he} heard a {noise}. {place:spot} sat a {baby}, all by itself. | "What was that?" <asked> {hero}.
  It was a {noise}, and it came from somewhere near. {He} looked around, and there, {place:spot}, was a little
  {baby}.]
[It [was shaking|shivered] from head to tail. | It looked up at {him} with big wet eyes. | It had lost its
  mother and did not know the way.] ¶
[{Hero} could not just walk on, because <cares>. | "Do not be afraid," <whispered> {hero}. "I will help you
  find your mother." | {He} knelt down and held out one {hand}. The {baby} sniffed at it and came closer.]
[ <meet-friend>
["It is much too young to be alone," <said> {friend}. "Let us follow its tracks." | "Look, there are tracks in
  the [mud|grass]!" <said> {friend}. "They will show us the way."]
[The tracks went around in a circle {place:spot2}, and then they ended {place:spot3}. | They followed them
  step by step, until they stopped {place:spot3}.]
| [{He} wrapped it in {his} scarf and carried it. {He} asked a {place:animal}, but it [only shook its head|did
  not know]. {He} looked {place:spot2}, but nobody was there. | {Hero} walked very slowly, and the {baby}
  [trotted|tottered] behind. They searched {place:spot2}. No mother. They listened.]
[Then somebody answered, {place:spot3}. | <At-last> they heard a worried voice {place:spot3}.]
| [{He} ran to {elder}, who knew every creature around. "Its family lives {place:spot3}," <said> {elder}. "But
  go quietly." | "What should we do?" {hero} <asked> {elder}. {Elder} thought for a moment. "Mothers always
  come back to where it was warm. Try {place:spot3}."] ]
[There was the mother! The {baby} gave a happy {noise} and ran to her as fast as it could. | Out of the green
  came the mother, running. The {baby} disappeared under her, so that only its toes stuck out. | The mother
  had been looking everywhere. She nudged the {baby} with her nose, and then she looked at {hero} for a long
  time. | And there they all were: the mother and [three|four|five] more just like the {baby}. What a noisy
  welcome that was!]
[{Hero} waved until {he} could not see them anymore. | <Shows-happy>. | {Hero} was <happy>, and a tiny bit sad
  to say goodbye.]`,
  },
];
