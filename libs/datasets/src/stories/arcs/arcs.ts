// All kinds of stories there are. To add one: an Arc in one of the files beside this, and a line here.
import type { Arc } from '../scene.js';
import { fearOvercome, race } from './courage.js';
import { errand, letter } from './errands.js';
import { helpingHand, newFriend, quarrel, sharing } from './friends.js';
import { cannotSleep, newSkill } from './learning.js';
import { lostAndFound, lostLittleOne, oldMap } from './lost.js';
import { cooking, planting, present } from './making.js';
import { borrowed, mistake, secret } from './trust.js';
import { firstSnow, rainyDay, storm } from './weather.js';

export const ARCS: readonly Arc[] = [
  lostAndFound,
  lostLittleOne,
  oldMap,
  sharing,
  newFriend,
  helpingHand,
  quarrel,
  fearOvercome,
  race,
  newSkill,
  cannotSleep,
  present,
  cooking,
  planting,
  storm,
  rainyDay,
  firstSnow,
  mistake,
  secret,
  errand,
  borrowed,
  letter,
];
