// How stories begin: who it is about, what that one is like, the thing, the place, the day.
import type { Scene } from '../scene.js';
import { plant } from './keepsakes.js';

/** Brings in the hero, with a trait that will matter. */
export function introduceHero(s: Scene): void {
  s.trait('shows');
  const byTrait = s.chance(0.2);
  if (byTrait) {
    s.told.add('home');
    s.say(
      `Long ago, in {home:a}, there lived a {hero:trait} [little|young|] {kind} by the name of {hero}.`,
      `In {home:a} lived a {kind} as {hero:trait} as can be. {His} name was {hero}.`,
      `There was once a {hero:trait} {kind} [named|called] {hero}, who lived in {home:a}.`,
    );
  } else if (s.chance(0.4)) {
    s.told.add('home');
    s.say(
      `In {home:a} [lived|there lived] a [little|young|small|] {kind} [named|called] {hero}.`,
      `Once upon a time, a [little|young|small|] {kind} [named|called] {hero} lived in {home:a}.`,
      `There was once a {kind} [named|called] {hero} who lived in {home:a}.`,
      `{Hero} was a [little|young|small] {kind} who lived in {home:a}.`,
      `{Hero} lived in {home:a} with {his} whole family.`,
    );
  } else {
    s.say(
      `Once upon a time, there was a [little|young|small|] {kind} [named|called] {hero}.`,
      `Once there was a {kind} with {hero:look}, and {his} name was {hero}.`,
      `{Hero} was a [little|young|small] {kind} with {hero:look}.`,
      `This is the story of {hero}, a [little|young|small|] {kind} with {hero:look}.`,
      `Have you heard about {hero}? {He} was a [little|young|small|] {kind} with {hero:look}.`,
      `There once was a [little|young|small] {kind}, and everyone called {him} {hero}.`,
      `A [little|young|small|] {kind} [named|called] {hero} had {hero:look} and a great many ideas.`,
    );
  }
  if (byTrait) s.say(`{Shows}.`, `In fact, {shows}.`, `You could tell at once, because {shows}.`);
  else
    s.say(
      `{He} was [very|so|really] {hero:trait}: {shows}.`,
      `{Hero} was [known to be|] {hero:trait}. [In fact, |You see, |]{shows}.`,
      `Everybody said that {hero} was {hero:trait}, and it was true: {shows}.`,
      `If you asked [around|the neighbors], they would tell you that {hero} was {hero:trait}. {Shows}.`,
      `{Shows}, for {hero} was [a {hero:trait} {kind}|very {hero:trait}].`,
      `Nobody was as {hero:trait} as {hero}. {Shows}.`,
    );
}

/** Brings in the thing that the hero owns, and how {he} came by it. */
export function introduceThing(s: Scene): void {
  s.told.add('thing');
  s.say(
    `{Hero} had a {thing:full} with {thing:mark}.`,
    `Of all the things {he} owned, {hero} loved [best|most] a {thing:full} with {thing:mark}.`,
    `{His} [greatest|dearest] treasure was a {thing:full}, and it had {thing:mark}.`,
    `{He} owned a {thing:full}. You could tell it from every other {thing:noun} because it had {thing:mark}.`,
    `For {his} birthday {he} had been given a {thing:full} with {thing:mark}.`,
  );
  if (s.chance(0.6)) {
    s.told.add('gift');
    s.say(
      `It was a present from {elder}.`,
      `{Elder} had made it for {him} one long winter.`,
      `{Elder} had found it at a fair and carried it home for {him}.`,
      `{Elder} had given it to {him} on the first day of [spring|summer|school].`,
      `It had belonged to {elder} many years before.`,
    );
  }
  s.maybe(
    0.5,
    `Every day {he} {thing:pastime}.`,
    `{He} often {thing:pastime}, and {he} never got tired of it.`,
    `There was nothing {he} liked more than [to|when {he} could] {thing:toplay}.`,
    `{He} took it [everywhere|even to breakfast|to bed and to the table].`,
  );
}

/** Sets the day and the place, and says what is going on there. */
export function arrive(s: Scene): void {
  s.say(
    `One [morning|day|afternoon], {hero} <went> to {place}.`,
    `One [morning|day|afternoon], {hero} was {place:in}.`,
    `It was a {weather} [morning|day|afternoon], and {hero} was {place:in}.`,
    `On a {weather} [morning|day|afternoon], {hero} <went> to {place}.`,
    `One {weather} [morning|day|afternoon], {hero} was {place:in}, as on most days.`,
    `[Last Tuesday|One Saturday|One Sunday|On Monday], {hero} <went> to {place} right after [breakfast|lunch].`,
  );
  s.about('hero', ...s.world.weather.starts, `{place:sight}`, `{place:sight}`, `{place:sight}`);
  if (s.world.place.outdoor) s.told.add('outdoors');
  plant(s);
}

/** Brings in the friend, who is already known to the hero. */
export function meetFriend(s: Scene): void {
  s.told.add('friend');
  s.trait('shows', 'friend');
  const kind = s.world.folk === 'child' ? '' : ' the {friend:kind}';
  s.say(
    `{His} friend {friend}${kind} was there [too|already].`,
    s.world.place.outdoor
      ? `{Friend}${kind} came along the path and waved.`
      : `{Friend}${kind} put {friend:his} head in at the door.`,
    `There {he} met {friend}${kind}, {his} best friend.`,
    `{Friend}${kind}, {his} friend from next door, was waiting for {him}.`,
    `{He} had not been there long when {friend}${kind} came running. The two were old friends.`,
    `{Friend}${kind} was coming too. {Friend:He} was {his} oldest friend, and {friend:he} had {friend:look}.`,
  );
  s.maybe(
    0.4,
    `{Friend} was {friend:trait}: {shows}.`,
    `{Hero} liked {friend} because {friend:he} was so {friend:trait}.`,
    `{Friend} was the {friend:trait} one of the two. {Shows}.`,
  );
  plant(s);
}
