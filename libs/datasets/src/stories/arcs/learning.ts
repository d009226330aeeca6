// Stories of what takes its time: a skill that will not come, and sleep that will not.
import { expand } from '../grammar.js';
import { arrive, meetFriend } from '../prose/openings.js';
import { BEDSIDE } from '../world/things.js';
import type { Arc } from '../scene.js';

/** A skill, and how it looks when it fails and when it works. */
const SKILLS = [
  {
    to: 'whistle',
    doing: 'whistling',
    fail: `Only air came out, pfff, and a bit of spit.`,
    success: `a clear, bright note flew out and up over the roofs`,
  },
  {
    to: 'ride a bicycle',
    doing: 'riding',
    fail: `The wheels wobbled left and right, and then {he} sat in a bush.`,
    success: `the wheels rolled straight on, and nobody was holding the seat`,
  },
  {
    to: 'skip stones',
    doing: 'skipping stones',
    fail: `Plop! The stone sank like, well, like a stone.`,
    success: `the stone hopped over the water, one, two, three, four times`,
  },
  {
    to: 'tie a bow',
    doing: 'tying bows',
    fail: `The loops fell apart as if they did not like each other.`,
    success: `the two loops sat there like the wings of a butterfly`,
  },
  {
    to: 'stand on {his} head',
    doing: 'standing on their heads',
    fail: `{His} legs went up, and {his} legs came down, and everything was grass.`,
    success: `{his} toes pointed straight at the clouds and stayed there`,
  },
  {
    to: 'juggle',
    doing: 'juggling',
    fail: `One ball rolled away, one hit {his} nose, and one was never seen again.`,
    success: `all three balls danced in the air`,
  },
  {
    to: 'row a boat',
    doing: 'rowing',
    fail: `The boat turned around in circles like a sleepy duck.`,
    success: `the boat glided straight ahead, as quiet as a swan`,
  },
  {
    to: 'write {his} name',
    doing: 'writing names',
    fail: `The letters fell over each other and ran off the page.`,
    success: `there it stood in a neat row: {Hero}`,
  },
  {
    to: 'knit',
    doing: 'knitting',
    fail: `It was supposed to be a sock, but it looked more like a spider's web.`,
    success: `row after row grew, soft and even`,
  },
] as const;

export const newSkill: Arc = {
  name: 'a new skill',
  place: 'outdoor',
  lessons: [
    `Nobody is born knowing how.`,
    `You fall down nine times, and you get up ten times.`,
    `{Hero} had learned more than one thing that week.`,
    `Practice is only another word for not giving up.`,
    `"I cannot do it" is sometimes just "I cannot do it yet".`,
  ],
  tell(s) {
    const skill = s.pick(SKILLS);
    s.let('skill', skill.to);
    s.roles.skill = {
      ...s.roles.skill,
      theirs: expand(skill.to.replace('{his}', '{friend:his}'), s),
      my: skill.to.replace('{his}', 'my'),
      doing: skill.doing,
    };
    arrive(s);
    meetFriend(s);
    s.say(
      `{Friend} could {skill:theirs}. {Hero} could not.`,
      `"Look what I can do!" <cried> {friend}. {Hero} looked, and wished that {he} could {skill} too.`,
      `{Hero} wanted to learn how to {skill} more than anything in the world.`,
    );
    s.say(
      `"That cannot be so hard," {he} <said>, and tried it.`,
      `So {he} tried.`,
      `"Watch me," <said> {hero}.`,
    );
    s.say(skill.fail);
    s.say(
      `{He} tried again. The same thing happened.`,
      `The second time was no better.`,
      `{He} tried five times, and it went wrong five times.`,
    );
    s.paragraph();
    s.say(
      `"I will never learn it," <sighed> {hero}. <shows-sad>.`,
      `<shows-anger>. "It is a stupid thing anyway," {he} <grumbled>.`,
      `{Hero} was <sad>. Everyone else seemed to find it easy.`,
    );
    s.branch(
      () => {
        s.trait('shows', 'friend');
        s.say(
          `{Friend} did not laugh. "It took me a whole [month|summer]," <said> {friend}. "Shall I show you how?"`,
          `"Do it slowly," <said> {friend}, who was {friend:trait} and knew how to wait. "I will do it with you."`,
        );
      },
      () =>
        s.say(
          `"Let me tell you something," <said> {elder}. "I tried [forty|a hundred] times, and on the last day I almost stopped. Almost."`,
          `{Elder} sat down beside {him}. "A little every day," <said> {elder}. "That is the whole secret."`,
        ),
      () =>
        s.say(
          `Then {he} saw a {place:dweller} that was trying to get across a [puddle|branch]. It slipped and tried again, slipped and tried again. "If you can, I can," thought {hero}.`,
          `{Hero} wanted to throw everything down. But {he} did not, not {hero}.`,
        ),
    );
    s.trait('dares');
    s.say(
      `{He} practiced the next day and the day after, because {because}.`,
      `Every morning, {place:in}, {he} worked at it, because {because}.`,
      `So {he} kept on, on Monday and on Tuesday and on Wednesday, because {because}.`,
    );
    s.paragraph();
    s.say(
      `And one {weather} morning, ${skill.success}.`,
      `Then, when {he} was thinking of something else, it happened: ${skill.success}.`,
      `On the seventh day, all at once, ${skill.success}.`,
    );
    s.say(
      `"I can {skill:my}!" <cried> {hero}, and <shows-happy>.`,
      `{Hero} was <surprised>. Then <shows-happy>.`,
      `<shows-happy>. {He} was <proud>.`,
    );
    s.say(
      `{Friend} cheered, and that day they went on {skill:doing} together until it was dark.`,
      `{Elder} came out to see it and clapped for a long time.`,
      `A very young {place:dweller} sat near and watched with big eyes. "Shall I show you how?" <asked> {hero}.`,
    );
    s.paragraph();
  },
};

export const cannotSleep: Arc = {
  name: 'a night without sleep',
  thing: BEDSIDE,
  lessons: [
    `The night is only the day with its eyes closed.`,
    `Sometimes sleep is shy and comes only when you stop calling it.`,
    `{Hero} was never quite so afraid of the dark again.`,
    `It is easier to sleep when you know that somebody is near.`,
  ],
  tell(s) {
    s.say(
      `One night {hero} could not sleep.`,
      `It was late, and everybody was asleep, everybody but {hero}.`,
      `"Good night, {hero}," <said> {elder} and put out the light. But {hero} lay awake.`,
    );
    s.say(
      `{He} rolled to the left. {He} rolled to the right. {He} lay on {his} back and looked at the ceiling.`,
      `{He} counted sheep, but at thirty-two they all ran away.`,
      `The pillow was too warm, and then the blanket was too short.`,
      `{His} head was full of thoughts that ran around like mice.`,
    );
    s.let('noise', 'creak', 'tick tack', 'rustle', 'whoosh', 'drip drop', 'squeak');
    s.say(
      `And what was that? "{noise}," it went, close by.`,
      `Then there was a noise in the dark: {noise}. And again: {noise}.`,
    );
    s.say(`<shows-fear>.`, `{Hero} pulled the blanket up to {his} nose.`, `{He} was <afraid>.`);
    s.paragraph();
    s.trait('dares');
    s.branch(
      () => {
        s.say(
          `{He} got up to see what it was, because {because}. It was only the window, which somebody had left open a crack.`,
          `But {he} got up, because {because}. On tiptoe {he} went to the door. There sat a tiny moth, bumping against the lamp. {He} let it out into the night.`,
        );
        s.say(
          `Through the window {he} saw the moon. It looked as if it could not sleep either.`,
          `Outside there were more stars than {he} had ever seen. {He} chose one and gave it a name.`,
        );
        s.say(`"Good night," {he} <whispered>.`, `"Shall we keep each other company?" <asked> {hero}.`);
      },
      () => {
        s.say(
          `{He} tiptoed to {elder}. "I cannot sleep," {he} <whispered>.`,
          `"Are you awake?" <whispered> {hero}. {Elder} opened one eye. "I am now."`,
        );
        s.say(
          `{Elder} warmed some milk, and they sat [by the stove|on the step] and listened. "That {noise} is only the old house, stretching," <said> {elder}.`,
          `{Elder} sat down on the edge of the bed and told a story about a {other} that went on a journey and came back.`,
          `"When I was small," <said> {elder}, "I sent my worries away in a boat. You put them in, one by one, and push."`,
        );
        s.say(`Before the story was over, {his} eyes were closed.`, `{Hero} tried it, and it worked.`);
      },
      () => {
        s.told.add('thing');
        s.say(
          `Then {he} remembered {his} {thing:full}. It had {thing:mark}. {He} felt around in the dark until {he} had found it.`,
          `{He} reached for the {thing:full} beside the bed. In the moonlight {he} could just see {thing:mark}.`,
        );
        s.say(
          `"You must be afraid too," {he} told the {thing}. "I will take care of you." And while {he} took care of it, {he} forgot to be afraid.`,
          `{He} told the {thing} everything that had happened that day, from the beginning. {He} never got to the end.`,
        );
      },
      () => {
        s.say(
          `{He} listened again. {noise}. {noise}. It had a rhythm, like a song. {Hero} began to hum along.`,
          `"{noise}," said the dark. "{noise} yourself," <said> {hero}. And then {he} had to laugh.`,
        );
        s.say(
          `It is hard to be afraid of something that you sing with.`,
          `The longer {he} hummed, the softer it got.`,
          `Soon it was not a scary noise anymore. It was just the night, breathing.`,
        );
      },
    );
    s.paragraph();
    s.say(
      `Slowly, slowly, {his} eyelids grew heavy.`,
      `{Hero} yawned, once, twice, and a third time.`,
      `Sleep came in on soft feet.`,
    );
    s.told.add('asleep');
    s.paragraph();
  },
};
