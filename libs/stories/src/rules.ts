// The rules that all plots share: phrases, openings, endings and the small threads that run beside a plot.
import { table } from './words/table.js';

const PHRASES = `
name; template
said; said
replied; said|replied|answered
warmly; said|said|said warmly|said with a smile|said softly
asked; asked
cried; cried|called|shouted|exclaimed
whispered; whispered|whispered|murmured
laughed; laughed|giggled|chuckled
grumbled; grumbled|muttered|growled|snapped
sighed; sighed|sniffed|mumbled
happy; happy|glad|pleased|full of joy|as happy as a lark|delighted|overjoyed
sad; sad|unhappy|very sad|gloomy|close to tears|miserable
afraid; afraid|scared|frightened|a little afraid|very nervous
angry; angry|cross|furious|very cross|red with anger
ashamed; ashamed|sorry|guilty|small and ashamed|terribly sorry
worried; worried|uneasy|very worried|anxious
lonely; lonely|all alone|left out|a bit lost
tired; tired|sleepy|worn out
proud; proud|very proud|as proud as a peacock|proud from head to toe
excited; excited|thrilled|too excited to sit still|full of excitement
surprised; surprised|amazed|astonished|so surprised that {he} forgot to blink
shows-sad; {his} [chin|lip] began to [wobble|tremble]|a [fat|big] tear rolled down {his} [cheek|nose]|{his}
  eyes filled with tears|{he} hung {his} head|{he} [sat down and stared|stared] at the ground|there was a lump
  in {his} throat|{he} swallowed hard|{he} rubbed {his} nose and tried not to cry|everything looked gray to
  {him}|{he} felt as heavy as a wet coat
shows-happy; {he} smiled from ear to ear|{he} clapped {his} {hands}|{his} eyes [shone|sparkled] like [two
  lamps|stars]|{he} did a little dance|{he} jumped up and down|a warm feeling spread through {him}|{he}
  laughed out loud|{he} could not stop smiling|{he} spun around until {he} was dizzy|it felt as if the sun had
  come up inside {him}|{he} hopped on one leg for joy
shows-fear; {his} heart [thumped|hammered] like a drum|{his} knees shook|{he} held {his} breath|{he} wanted to
  [hide|run away]|a shiver ran down {his} back|{he} shut {his} eyes tight|{he} did not dare to move|all the
  courage ran out of {him} like water|{his} mouth was as dry as paper|{he} made {himself} very small
shows-anger; {he} stamped {his} foot|{he} folded {his} arms|{his} ears went hot|{he} turned {his} back|{he}
  made a face like a thunderstorm|{he} kicked at nothing at all|{he} puffed up {his} cheeks
shows-shame; {his} cheeks [burned|felt hot]|{his} tummy felt [heavy|full of stones]|{he} looked at {his}
  toes|{he} wished that {he} could turn back the clock|{he} could not look anyone in the eye|{he} wanted to
  sink into the ground|{he} felt {his} heart go cold
shows-thought; {he} scratched {his} head|{he} thought hard|{he} [sat down to think|thought about it for a
  while]|{he} counted slowly to ten|{he} took a deep breath|{he} wrinkled {his} nose and thought|{he} walked
  up and down three times|{he} pulled at {his} ear, which often helped|{he} looked for the answer in the
  clouds
shows-surprise; {his} mouth fell open|{he} rubbed {his} eyes|{he} blinked|{he} stopped in the middle of a
  step|{his} eyes grew as round as [plates|buttons|pennies]
cares; {hero:cares}{+reason}
dares; {hero:dares}{+reason}
soon; soon|before long|a little later|after a while|not long after
suddenly; suddenly|all at once|all of a sudden|just then|at that moment
at-last; at last|finally|in the end|at long last
looked; looked|searched|peeked|checked
went; went|walked|hurried|trotted|set off|skipped
thanks; "Thank you!"|"Thank you so much!"|"Oh, thank you, thank you!"|"I will never forget this!"|"You are a
  true friend!"|"That is the nicest thing anyone has done for me!"
snack; a slice of bread and honey|warm pancakes|a bowl of berries|hot cocoa|apple pie|oat cookies|carrot
  soup|a plate of dumplings|cheese on toast|plum cake|a cup of warm milk
game; hide and seek|tag|pirates|kings and queens|leapfrog|explorers|shopkeepers|knights and dragons|follow the
  leader`;

const OPENINGS = `
name; template
small; [little|young|small|]
named; [named|called]
hero; <hero-plain>|<hero-plain>|<hero-plain>|<hero-trait>
hero-plain; [Once upon a time, there was a <small> {kind} <named> {hero}. | Once there was a {kind} with
  {hero:look}, and {his} name was {hero}. | {Hero} was a <small> {kind} with {hero:look}. | This is the story
  of {hero}, a <small> {kind} with {hero:look}. | There once was a <small> {kind}, and everyone called {him}
  {hero}. | {+home}In {home:a} lived a <small> {kind} <named> {hero}. | {+home}Once upon a time, a <small>
  {kind} <named> {hero} lived in {home:a}. | {+home}There was once a {kind} <named> {hero} who lived in
  {home:a}. | {+home}{Hero} was a <small> {kind} who lived in {home:a}.] [{He} was [very|so|really]
  {hero:trait}: {hero:shows}. | {Hero} was {hero:trait}. [In fact, {hero:shows}|You see,
  {hero:shows}|{Hero:shows}]. | Everybody said that {hero} was {hero:trait}, and it was true: {hero:shows}. |
  If you asked [around|the neighbors], they would tell you that {hero} was {hero:trait}. {Hero:shows}. |
  {Hero:shows}, for {hero} was very {hero:trait}. | Nobody was as {hero:trait} as {hero}. {Hero:shows}.]
hero-trait; {+home}[Long ago, in {home:a}, there lived a {hero:trait} {kind} by the name of {hero}. | In
  {home:a} lived a {kind} as {hero:trait} as can be. {His} name was {hero}.] [{Hero:shows}. | In fact,
  {hero:shows}.]
treasure; {+thing}[{Hero} had a {thing:full} with {thing:mark}. | Of all the things {he} owned, {hero} loved
  [best|most] a {thing:full} with {thing:mark}. | {His} [greatest|dearest] treasure was a {thing:full}, and it
  had {thing:mark}. | For {his} birthday {he} had been given a {thing:full} with {thing:mark}.] [{+gift}[It
  was a present from {elder}. | {Elder} had given it to {him} one long winter. | {Elder} had found it at a
  fair and carried it home for {him}. | It had belonged to {elder} many years before.]|] [Every day {he}
  {thing:pastime}. | {He} often {thing:pastime}, and {he} never got tired of it. | There was nothing {he}
  liked more than to {thing:toplay}. | {He} took it [everywhere|even to breakfast|to bed and to the
  table].|||]
arrive; [One [morning|day|afternoon], {hero} <went> to {place}. | One [morning|day|afternoon], {hero} was
  {place:in}. | It was a {weather} [morning|day|afternoon], and {hero} was {place:in}. | On a {weather}
  [morning|day|afternoon], {hero} <went> to {place}. | [Last Tuesday|One Saturday|One Sunday|On Monday],
  {hero} <went> to {place} right after [breakfast|lunch].] [{weather:starts}|{place:sight}] [?outdoor
  {+outside}] <plant>
meet-friend; {+friend}[?animal {friendly={friend} the {friend:kind}}|?child {friendly={friend}}] [{His} friend
  {friendly} was there [too|already]. | ?outdoor {Friendly} came along the path and waved. | ?!outdoor
  {Friendly} put {friend:his} head in at the door. | There {he} met {friendly}, {his} best friend. |
  {Friendly}, {his} friend from next door, was waiting for {him}. | {He} had not been there long when
  {friendly} came running. The two were old friends. | {Friendly} was coming too. {Friend:He} was {his} oldest
  friend, and {friend:he} had {friend:look}.] [{Friend} was {friend:trait}: {friend:shows}. | {Hero} liked
  {friend} because {friend:he} was so {friend:trait}. | {Friend} was the {friend:trait} one of the two.
  {Friend:shows}.||||] <plant>`;

const ENDINGS = `
name; template
lesson; ?!reason {plot:lessons}|?reason [{praiser=@elder}|?friend {praiser=@friend}]
  [{plot:lessons}|{plot:lessons}| ["{Hero:praise}," {praiser} <warmly>. | {Praiser} put an arm around {him}.
  "{Hero:praise}."]|{plot:lessons} "{Hero:praise}," {praiser} <warmly>.]
close; That evening {hero} was <tired> and fell asleep with a smile. | That night {hero} lay in bed and
  thought about the day until {his} eyes fell shut. | {Hero} slept very well that night. | And if you ask
  {hero} today, {he} will tell you every bit of it. | It had been a [good|long|wonderful] day. | {Hero} [never
  forgot|always remembered] that day. | When {elder} tucked {him} in, {hero} was already dreaming. | "[What
  will we do|What comes] tomorrow?" <asked> {hero}, and then {he} yawned. | ?!sky {weather:ends} | ?!sky
  {weather:ends} | ?home Then {hero} went home to {home}, and the light in the window was already on. | ?home
  The way back to {home} had never seemed so short. | ?home That night everything in {home} was quiet, and
  everyone in it was <happy>. | ?friend {Hero} and {friend} walked home slowly, because neither of them wanted
  the day to end. | ?friend From then on, {hero} and {friend} were closer than ever. | ?friend "See you
  tomorrow, {hero}!" <cried> {friend}. "See you tomorrow, {friend}!" <cried> {hero}. | ?friend And {hero} and
  {friend} laughed about it for a long time afterwards. | ?thing Beside {his} pillow lay the {thing} with
  {thing:mark}. | ?thing That night {hero} took the {thing} to bed and put one {hand} on {thing:sign}. |
  ?thing?gift "I am glad that I gave you that {thing}," <said> {elder}.`;

// A thread is drawn at the start, planted where the story has what it needs, and taken up again at the end.
const THREADS = `
name; template
draw-thread;
  {+plan-snack}|{+plan-creature}|{+plan-song}|{+plan-saying}|{+plan-supper}|{+plan-find}|{+plan-word}||
plant; ?plan-snack {-plan-snack}{+snack}<plant-snack> | ?plan-creature?outside
  {-plan-creature}{+creature}<plant-creature> | ?plan-song {-plan-song}{+song}<plant-song> | ?plan-saying
  {-plan-saying}{+saying}<plant-saying> | ?plan-supper?home {-plan-supper}{+supper}<plant-supper> |
  ?plan-find?outside {-plan-find}{+find}<plant-find> | ?plan-word?friend {-plan-word}{+word}<plant-word>
recall; ?snack <recall-snack> | ?creature <recall-creature> | ?song <recall-song> | ?saying <recall-saying> |
  ?supper <recall-supper> | ?find <recall-find> | ?word <recall-word>
plant-snack; {snack=a ginger cookie|a pear|a raisin bun|a carrot|a piece of cheese|a handful of nuts|an
  apple|a honey cake}[In {his} [pocket|bag] {he} had {snack} for later. | {Elder} had given {him} {snack} to
  take along. | "Here is {snack}, in case you get hungry," {elder} had said.]
recall-snack; ?friend Then {hero} remembered {snack:the}. {He} broke it in half and gave the bigger half to
  {friend}. | ?friend {Hero} still had {snack:the}, so {he} shared it with {friend}, bite by bite. | ?!friend
  On the way home {hero} found {snack:the} in {his} [pocket|bag], and it tasted better than ever. | ?!friend
  At last {hero} remembered {snack:the} and ate it all up.
plant-creature; A [small|little|tiny] {place:animal} watched {him} from close by, and {hero} [waved at|nodded
  to|said hello to] it. | On the way {he} stopped to [look at|greet|admire] a {place:animal}. "Good day to
  you," <said> {hero}. | A {place:animal} crossed {his} path, and {he} stood still to let it pass.
recall-creature; When {hero} turned to go, the {place:animal} was [still there|there again], and {he} told it
  everything. | "Good night," <said> {hero} to the {place:animal}, and {he} was almost sure that it
  [winked|nodded].
plant-song; {song=a goat in a boat|the moon and a spoon|ten green frogs|a bear who liked pears|a king with a
  squeaky shoe|the rain on the roof|a whale who told tales}[{Hero} was [humming|singing] a song about {song}.
  | All day a song about {song} had been going around in {his} head. | {He} hummed a song about {song}, as
  {he} always did when {he} was in a good mood.]
recall-song; [And soon|Then] {hero} was humming again, the song about {song}. | {Hero} began to sing the song
  about {song}, a little louder than before. | ?friend Side by side they sang the song about {song}, though
  {friend} knew only half of the words. | ?!friend All the way home {he} sang the song about {song}.
plant-saying; {saying=every cloud has a way around it|small steps climb tall hills|a trouble shared is half a
  trouble|the truth is the shortest road|a friend is a light in the fog|even the oak was once an acorn|you
  never know until you try}[{Elder} always said that {saying}, but {hero} had never really understood it. |
  "Remember," {elder} liked to say, "{saying}." | "{Saying}," {elder} had told {him} at breakfast.]
recall-saying; Now {hero} understood what {elder} had meant: {saying}. | "{Saying}," <whispered> {hero}, and
  {he} smiled. | {Elder} was right, then, and {saying}.
plant-supper; {supper=<snack>}["Be home in time, there will be {supper} tonight," {elder} had called from the
  {home:door}. | {Elder} had promised {supper} for supper. | {Home} already smelled of cooking: there would be
  {supper} later.]
recall-supper; Back at {home}, there was {supper}, just as {elder} had promised. | At {home} {elder} was
  waiting with {supper}, and {hero} told the whole story between two bites. | And when {hero} opened the
  {home:door}, {he} smelled it at once: {supper}!
plant-find; {find=a smooth gray pebble|a leaf with seven points|a snail shell|a piece of green glass|a pine
  cone|an acorn with a perfect cap}[On the way {he} picked up {find} and put it into {his} pocket. | {Hero}
  found {find} beside the path and kept it, for luck.]
recall-find; In {his} pocket {he} felt {find:the}, and {he} [laid it beside {his} bed|put it on the
  windowsill] to remember the day by. | "You did bring me luck," {he} told {find:the}. | ?friend Before they
  parted, {hero} gave {friend} {find:the}, for luck.
plant-word; {word=gingerbread|marmalade|bumblebee|noodle|porcupine|cauliflower}[{Hero} and {friend} had a
  secret word. It was "{word}", and it meant that everything was all right. | "{Word}!" <cried> {friend}. It
  was their secret greeting, and nobody else knew it.]
recall-word; "{Word}," <said> {friend}. "{Word}," <replied> {hero}. And everything was all right. | {Friend}
  leaned over and whispered only one word: "{Word}."`;

/** The templates of the rules by name. */
export const RULES: Readonly<Record<string, string>> = Object.fromEntries(
  ([PHRASES, OPENINGS, ENDINGS, THREADS] as const).flatMap((text) =>
    table(text).map((rule) => [rule.name, rule.template]),
  ),
);
