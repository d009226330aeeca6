// What a person is like. A trait is shown at the start, explains a deed in the middle, is praised at the end.
import { table } from './table.js';

/**
 * `shows`: clauses that show the trait; `cares`, `dares`: why such a person helps, or goes on, after
 * "because"; `praise`: what others say about it.
 */
export const TRAITS = table(`
trait; shows; cares; dares; praise
curious; {he} asked questions about everything, from snails to stars|{he} looked under every stone and into
  every box|the word {he} liked best was "why"; {he} wanted to know what was the matter|{he} wondered how it
  felt to be in the other one's place; {he} was even more curious than afraid|{he} simply had to know how it
  would end; A curious mind finds the things that others walk past|I am glad that you ask so many questions
shy; {he} spoke so softly that people had to lean close|when somebody new came by, {he} hid behind the nearest
  tree|{he} [often|always] thought of the right words a little too late; quiet ones notice when somebody is
  sad|{he} knew how it felt to stand at the edge; even a shy heart can be a stubborn one|nobody was looking,
  and that made it easier; Quiet hearts can be very strong|You do not need a loud voice to do a good thing
brave; {he} was always the first to [cross|try] a wobbly bridge|{he} was not afraid of spiders, or thunder, or
  the very top of the ladder|{he} once chased a goose all the way around a barn; {he} was brave enough to do
  the right thing|brave hearts are often soft ones; {he} had never run away from a hard thing yet|this was
  just what being brave was for; Being brave means that you shake a little and do it anyway|That was as brave
  as a lion
careful; {he} looked left and right twice, even in the garden|{he} never spilled a drop and never lost a
  button|{he} carried an egg as if it were the moon; {he} knew how easily things get hurt|{he} took care of
  others as well as of {his} things; slowly and carefully, almost anything can be done|{he} had thought it
  through twice; Slow and careful wins more often than people think|Your careful ways saved the day
kind; {he} carried beetles across the road so that nobody would step on them|{he} always saved the last
  [crumb|bite] for somebody else|{he} said good morning to every single bird; {he} could not bear to see
  anybody sad|a kind heart does not wait to be asked; {he} thought of how happy it would make the others|a
  kind heart is braver than it looks; Your kind heart is the best thing you own|Being kind costs nothing and
  is worth a lot
stubborn; once {he} had made up {his} mind, not even a horse could pull it the other way|"no" was a word that
  {he} could say in nine different ways|{he} would rather try a hundred times than ask once; once {he} liked
  somebody, {he} liked them for good|nobody could talk {him} out of a good deed; {he} was far too stubborn to
  give up|giving up was the one thing {he} never did; Sometimes it is good to be stubborn|You just would not
  give up, and I am proud of that
patient; {he} could wait a whole afternoon for one snail to cross a path|{he} never minded a long line or a
  slow story|{he} untied knots that made everybody else [grumble|groan]; {he} had all the time in the world
  for somebody in need|{he} knew that it takes a while to make things right; {he} knew that good things take
  their time|{he} could wait longer than anybody; Everything comes to those who can wait|Nobody is as patient
  as you
cheerful; {he} whistled in the bath and hummed on the stairs|{he} could find something funny in a rainy
  Monday|even the grumpy postman smiled when {he} walked past; {he} wanted everyone to be as cheerful as {he}
  was|one sad face made the whole day gray; {he} always looked for the bright side|it had never been {his} way
  to hang {his} head for long; You bring the sunshine with you|A cheerful heart makes the heavy things light
gentle; butterflies were not afraid to rest on {his} {hand}|{he} shut every door so softly that nobody
  woke|{he} talked to plants and frightened creatures in the same warm voice; {he} knew that sad things need a
  quiet voice|{he} could not hurt a fly, let alone a heart; a gentle try is still a try|there was strength in
  {his} soft ways; A gentle touch can open any door|Gentle is another way of being strong
clever; {he} could make a boat out of a walnut and a sail out of a leaf|{he} knew three ways to open every
  jar|{he} solved riddles before breakfast; {he} was clever enough to see what mattered|you did not have to be
  clever to see what was right; {he} was sure that there had to be a trick to it|{he} knew that every puzzle
  has an answer; What a clever idea that was|A good idea is worth more than strong arms
playful; {he} turned every walk into a game|{he} never went down a hill if {he} could roll down it|{he} made
  funny faces at {himself} in every puddle; no game is fun when somebody is left out|{he} would rather play
  together than alone; {he} told {himself} that it was only a game|for {him} everything was a kind of game;
  With you, even work turns into play|You have made me laugh all day
thoughtful; {he} remembered every birthday, even those of the ducks|{he} liked to sit on the step and think
  things over|before {he} answered, {he} always counted to three; {he} had thought about it for a long
  time|{he} always thought of others first; {he} had thought it over and found no reason not to|{he} counted
  to three, as always, and was ready; You think of everything|Thank you for thinking of me`);
