// How stories end: a thought, a word from somebody, a picture, the evening. Not every story has all.
import type { Arc, Scene } from '../scene.js';

/** Says what was learned, in one of several voices. */
export function lesson(s: Scene, arc: Arc): void {
  s.trait('praise');
  const praiser = s.told.has('friend') && s.chance(0.5) ? 'friend' : 'elder';
  s.roles.praiser = s.roles[praiser];
  // Praise for a trait that had no part in the story, or to a sleeper, would be idle talk.
  if (s.told.has('asleep') || !s.told.has('reason')) {
    s.say(...arc.lessons);
    return;
  }
  s.branch(
    () => s.say(...arc.lessons),
    () => s.say(...arc.lessons),
    () =>
      s.say(
        `"{praise}," {praiser} <warmly>.`,
        `{Praiser} put an arm around {him}. "{praise}."`,
        `"{praise}," {praiser} said later, and {hero} [smiled|blushed|beamed].`,
      ),
    () => {
      s.say(...arc.lessons);
      s.say(`"{praise}," {praiser} <warmly>.`, `And {praiser} <warmly>, "{praise}."`);
    },
  );
}

/** The last picture of the story. */
export function close(s: Scene, arc: Arc): void {
  if (s.told.has('asleep')) {
    s.say(
      `In the morning {hero} could not remember how {he} had fallen asleep.`,
      `When {he} opened {his} eyes, it was already light.`,
      `And {hero} slept until the sun stood high in the sky.`,
      `{He} dreamed of something soft and blue, and in the morning {he} had forgotten what it was.`,
      `The moon looked in one last time and went on its way.`,
      `"Good night, {hero}," said the night.`,
      `And then {he} was asleep.`,
    );
    return;
  }
  const pictures = [
    `That evening {hero} was <tired> and fell asleep with a smile.`,
    `That night {hero} lay in bed and thought about the day until {his} eyes fell shut.`,
    `{Hero} slept very well that night.`,
    `And if you ask {hero} today, {he} will tell you every bit of it.`,
    `It had been a [good|long|wonderful|strange and lovely] day.`,
    `And that was that.`,
    `{Hero} [never forgot|always remembered] that day.`,
    `When {elder} tucked {him} in, {hero} was already dreaming.`,
    `"[What will we do|What comes] tomorrow?" <asked> {hero}, and then {he} yawned.`,
    ...(arc.ownWeather ? [] : [...s.world.weather.ends, ...s.world.weather.ends]),
  ];
  if (s.told.has('home')) {
    pictures.push(
      `Then {hero} went home to {home}, and the light in the window was already on.`,
      `The way back to {home} had never seemed so short.`,
      `That night everything in {home} was quiet, and everyone in it was <happy>.`,
    );
  }
  if (s.told.has('friend')) {
    pictures.push(
      `{Hero} and {friend} walked home slowly, because neither of them wanted the day to end.`,
      `From then on, {hero} and {friend} were closer than ever.`,
      `"See you tomorrow, {hero}!" <cried> {friend}. "See you tomorrow, {friend}!" <cried> {hero}.`,
      `And {hero} and {friend} laughed about it for a long time afterwards.`,
    );
  }
  if (s.told.has('thing')) {
    pictures.push(
      `Beside {his} pillow lay the {thing} with {thing:mark}.`,
      `That night {hero} took the {thing} to bed and put one {hand} on {thing:sign}.`,
      `The {thing} stood where {he} could see it, and {thing:sign} shone a little in the moonlight.`,
    );
    if (s.told.has('gift')) pictures.push(`"I am glad that I gave you that {thing}," <said> {elder}.`);
  }
  s.say(...pictures);
}
