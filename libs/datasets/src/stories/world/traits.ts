// What somebody is like. A trait shows at the start of a story, explains a deed in the middle, and is
// remembered at its end. {who} is the one who has it.

export interface Trait {
  readonly word: string;
  /** Sentences without their full stop that show the trait. */
  readonly shows: readonly string[];
  /** Clauses after "because": why somebody like this does a good turn. */
  readonly cares: readonly string[];
  /** Clauses after "because": why somebody like this goes on when it is hard. */
  readonly dares: readonly string[];
  /** What a friend or a grown-up says about it, as a sentence within quotes, without its mark. */
  readonly praise: readonly string[];
}

export const TRAITS: readonly Trait[] = [
  {
    word: 'curious',
    shows: [
      `{who:he} asked questions about everything, from snails to stars`,
      `{who:he} looked under every stone and into every box`,
      `the word {who:he} liked best was "why"`,
    ],
    cares: [
      `{who:he} wanted to know what was the matter`,
      `{who:he} wondered how it felt to be in the other one's place`,
    ],
    dares: [`{who:he} was even more curious than afraid`, `{who:he} simply had to know how it would end`],
    praise: [
      `A curious mind finds the things that others walk past`,
      `I am glad that you ask so many questions`,
    ],
  },
  {
    word: 'shy',
    shows: [
      `{who:he} spoke so softly that people had to lean close`,
      `when somebody new came by, {who:he} hid behind the nearest tree`,
      `{who:he} [often|always] thought of the right words a little too late`,
    ],
    cares: [`quiet ones notice when somebody is sad`, `{who:he} knew how it felt to stand at the edge`],
    dares: [`even a shy heart can be a stubborn one`, `nobody was looking, and that made it easier`],
    praise: [`Quiet hearts can be very strong`, `You do not need a loud voice to do a good thing`],
  },
  {
    word: 'brave',
    shows: [
      `{who:he} was always the first to [cross|try] a wobbly bridge`,
      `{who:he} was not afraid of spiders, or thunder, or the very top of the ladder`,
      `{who:he} once chased a goose all the way around a barn`,
    ],
    cares: [`{who:he} was brave enough to do the right thing`, `brave hearts are often soft ones`],
    dares: [`{who:he} had never run away from a hard thing yet`, `this was just what being brave was for`],
    praise: [`Being brave means that you shake a little and do it anyway`, `That was as brave as a lion`],
  },
  {
    word: 'careful',
    shows: [
      `{who:he} looked left and right twice, even in the garden`,
      `{who:he} never spilled a drop and never lost a button`,
      `{who:he} carried an egg as if it were the moon`,
    ],
    cares: [
      `{who:he} knew how easily things get hurt`,
      `{who:he} took care of others as well as of {who:his} things`,
    ],
    dares: [`slowly and carefully, almost anything can be done`, `{who:he} had thought it through twice`],
    praise: [`Slow and careful wins more often than people think`, `Your careful ways saved the day`],
  },
  {
    word: 'kind',
    shows: [
      `{who:he} carried beetles across the road so that nobody would step on them`,
      `{who:he} always saved the last [crumb|bite] for somebody else`,
      `{who:he} said good morning to every single bird`,
    ],
    cares: [`{who:he} could not bear to see anybody sad`, `a kind heart does not wait to be asked`],
    dares: [`{who:he} thought of how happy it would make the others`, `a kind heart is braver than it looks`],
    praise: [`Your kind heart is the best thing you own`, `Being kind costs nothing and is worth a lot`],
  },
  {
    word: 'stubborn',
    shows: [
      `once {who:he} had made up {who:his} mind, not even a horse could pull it the other way`,
      `"no" was a word that {who:he} could say in nine different ways`,
      `{who:he} would rather try a hundred times than ask once`,
    ],
    cares: [
      `once {who:he} liked somebody, {who:he} liked them for good`,
      `nobody could talk {who:him} out of a good deed`,
    ],
    dares: [`{who:he} was far too stubborn to give up`, `giving up was the one thing {who:he} never did`],
    praise: [`Sometimes it is good to be stubborn`, `You just would not give up, and I am proud of that`],
  },
  {
    word: 'dreamy',
    shows: [
      `{who:he} could look at the clouds for a whole hour and see a hundred ships`,
      `{who:he} forgot to tie {who:his} [scarf|bag] because a leaf was dancing`,
      `{who:he} [often|sometimes] put salt in the tea while {who:he} dreamed of far islands`,
    ],
    cares: [
      `{who:he} could dream {who:himself} into anybody's heart`,
      `{who:he} had once dreamed of something very much like this`,
    ],
    dares: [
      `{who:he} could already see it before {who:his} eyes`,
      `in {who:his} dreams {who:he} had done it a hundred times`,
    ],
    praise: [`It is lucky that one of us looks at the sky`, `Your dreams are good for something after all`],
  },
  {
    word: 'quick',
    shows: [
      `{who:he} ran everywhere, even from the table to the door`,
      `{who:he} was gone before anybody could finish saying {who:his} name`,
      `{who:he} finished {who:his} soup before the others found their spoons`,
    ],
    cares: [
      `{who:he} never waited long to do what was right`,
      `{who:his} feet had started before {who:his} head was done thinking`,
    ],
    dares: [
      `{who:he} could not stand still anyway`,
      `{who:he} wanted to do it quickly, before {who:his} courage ran out`,
    ],
    praise: [`Quick feet are a fine thing when they run to help`, `You are as fast as the wind`],
  },
  {
    word: 'patient',
    shows: [
      `{who:he} could wait a whole afternoon for one snail to cross a path`,
      `{who:he} never minded a long line or a slow story`,
      `{who:he} untied knots that made everybody else [grumble|groan]`,
    ],
    cares: [
      `{who:he} had all the time in the world for somebody in need`,
      `{who:he} knew that it takes a while to make things right`,
    ],
    dares: [`{who:he} knew that good things take their time`, `{who:he} could wait longer than anybody`],
    praise: [`Everything comes to those who can wait`, `Nobody is as patient as you`],
  },
  {
    word: 'cheerful',
    shows: [
      `{who:he} whistled in the bath and hummed on the stairs`,
      `{who:he} could find something funny in a rainy Monday`,
      `even the grumpy postman smiled when {who:he} walked past`,
    ],
    cares: [
      `{who:he} wanted everyone to be as cheerful as {who:he} was`,
      `one sad face made the whole day gray`,
    ],
    dares: [
      `{who:he} always looked for the bright side`,
      `it had never been {who:his} way to hang {who:his} head for long`,
    ],
    praise: [`You bring the sunshine with you`, `A cheerful heart makes the heavy things light`],
  },
  {
    word: 'gentle',
    shows: [
      `butterflies were not afraid to rest on {who:his} {who:hand}`,
      `{who:he} shut every door so softly that nobody woke`,
      `{who:he} talked to plants and frightened creatures in the same warm voice`,
    ],
    cares: [
      `{who:he} knew that sad things need a quiet voice`,
      `{who:he} could not hurt a fly, let alone a heart`,
    ],
    dares: [`a gentle try is still a try`, `there was strength in {who:his} soft ways`],
    praise: [`A gentle touch can open any door`, `Gentle is another way of being strong`],
  },
  {
    word: 'clever',
    shows: [
      `{who:he} could make a boat out of a walnut and a sail out of a leaf`,
      `{who:he} knew three ways to open every jar`,
      `{who:he} solved riddles before breakfast`,
    ],
    cares: [
      `{who:he} was clever enough to see what mattered`,
      `you did not have to be clever to see what was right`,
    ],
    dares: [
      `{who:he} was sure that there had to be a trick to it`,
      `{who:he} knew that every puzzle has an answer`,
    ],
    praise: [`What a clever idea that was`, `A good idea is worth more than strong arms`],
  },
  {
    word: 'playful',
    shows: [
      `{who:he} turned every walk into a game`,
      `{who:he} never went down a hill if {who:he} could roll down it`,
      `{who:he} made funny faces at {who:himself} in every puddle`,
    ],
    cares: [`no game is fun when somebody is left out`, `{who:he} would rather play together than alone`],
    dares: [
      `{who:he} told {who:himself} that it was only a game`,
      `for {who:him} everything was a kind of game`,
    ],
    praise: [`With you, even work turns into play`, `You have made me laugh all day`],
  },
  {
    word: 'helpful',
    shows: [
      `{who:he} was always there to hold a ladder or stir a pot`,
      `{who:he} swept the step every morning without being told`,
      `if somebody dropped something, {who:he} had already picked it up`,
    ],
    cares: [`{who:he} liked nothing better than to be of use`, `helping made {who:him} feel tall`],
    dares: [`somebody had to do it, and {who:he} was there`, `{who:he} was used to getting things done`],
    praise: [`What would we do without your help`, `Many small helps make one great one`],
  },
  {
    word: 'proud',
    shows: [
      `{who:he} told everybody who would listen how high {who:he} could jump`,
      `{who:he} walked with {who:his} nose in the air and sometimes into a fence`,
      `{who:he} hated to say that {who:he} did not know something`,
    ],
    cares: [
      `{who:he} was too proud to do a mean thing`,
      `{who:he} wanted to be able to look into the mirror`,
    ],
    dares: [`{who:he} was much too proud to stop now`, `{who:he} wanted to have a reason to be proud`],
    praise: [`Today you have a real reason to be proud`, `I like you best when you do not pretend`],
  },
  {
    word: 'thoughtful',
    shows: [
      `{who:he} remembered every birthday, even those of the ducks`,
      `{who:he} liked to sit on the step and think things over`,
      `before {who:he} answered, {who:he} always counted to three`,
    ],
    cares: [`{who:he} had thought about it for a long time`, `{who:he} always thought of others first`],
    dares: [
      `{who:he} had thought it over and found no reason not to`,
      `{who:he} counted to three, as always, and was ready`,
    ],
    praise: [`You think of everything`, `Thank you for thinking of me`],
  },
];
