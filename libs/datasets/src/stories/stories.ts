// The built-in stories: small children's stories from a seed, the corpus that needs no download.
// A story is cast first (people, place, things), then told by one of the arcs; see scene.ts. The
// text is the project's own; nothing here reads a file or the network.
import { Random } from '@lilformer/random';
import { ARCS } from './arcs/arcs.js';
import { cast } from './casting.js';
import { polish } from './polish.js';
import { close, lesson } from './prose/endings.js';
import { KEEPSAKES, pay } from './prose/keepsakes.js';
import { introduceHero, introduceThing } from './prose/openings.js';
import { Scene, type World } from './scene.js';

/** The line between two stories in a file, as the text readers expect it. */
export const STORY_SEPARATOR = '<|endoftext|>';

const FEWEST_WORDS = 60;
const MOST_WORDS = 250;
/** Where an ending starts to be brief, so that few stories have to be told again for their length. */
const MOST_CHARACTERS = 1200;

export interface StoriesOptions {
  /** Decides every story; the number 7 and the text '7' are the same seed. */
  seed: number | string;
  /** Index of the first story (default 0); disjoint ranges of one seed make training and validation sets. */
  from?: number;
  /** How many stories; without `count` and `bytes` they never end. */
  count?: number;
  /** End after the story with which {@link storiesText} would be at least this many bytes long. */
  bytes?: number;
}

/** A story with the facts behind it, for tests. */
export interface ToldStory {
  readonly text: string;
  readonly arc: string;
  readonly world: World;
}

/**
 * The story number `index` of a seed: 60 to 250 words of plain ASCII, paragraphs separated by one
 * line break or a blank line or not at all. The same on every platform and Node version.
 * @throws RangeError when `index` is not a whole number of at least 0
 */
export function story(seed: number | string, index: number): string {
  return tellStory(seed, index).text;
}

/**
 * Yields the stories of a seed one after another, `story(seed, from)`, `story(seed, from + 1)`, …
 * @throws RangeError when `from`, `count` or `bytes` is not a whole number of at least 0
 */
export function* stories(options: StoriesOptions): Generator<string, void, undefined> {
  const { seed, from = 0, count = Infinity, bytes = Infinity } = options;
  wholeNumber('from', from);
  if (count !== Infinity) wholeNumber('count', count);
  if (bytes !== Infinity) wholeNumber('bytes', bytes);
  let written = 0;
  for (let i = 0; i < count && written < bytes; i++) {
    const text = story(seed, from + i);
    written += text.length + STORY_SEPARATOR.length + 2;
    yield text;
  }
}

/** Stories as the text of one file: each followed by a line that holds only {@link STORY_SEPARATOR}. */
export function storiesText(options: StoriesOptions): string {
  if (options.count === undefined && options.bytes === undefined) {
    throw new TypeError('storiesText without count or bytes would never end: give one of them');
  }
  let text = '';
  for (const one of stories(options)) text += `${one}\n${STORY_SEPARATOR}\n`;
  return text;
}

/** The story together with its arc and its cast. */
export function tellStory(seed: number | string, index: number): ToldStory {
  wholeNumber('story index', index);
  const random = new Random(`${seed}/story/${index}`);
  for (;;) {
    const told = tell(random);
    const words = told.text.split(/\s+/).length;
    if (words >= FEWEST_WORDS && words <= MOST_WORDS) return told;
  }
}

function tell(random: Random): ToldStory {
  const arc = ARCS[random.integer(ARCS.length)];
  const world = cast(random, arc);
  const keepsake = random.uniform() < 0.75 ? KEEPSAKES[random.integer(KEEPSAKES.length)] : undefined;
  const scene = new Scene(random, world, keepsake);

  introduceHero(scene);
  if (arc.owns) introduceThing(scene);
  scene.paragraph();
  arc.tell(scene);
  // A thread that was planted is always taken up again; the rest of the ending comes as there is room.
  const room = MOST_CHARACTERS - scene.characters;
  if (room > 200 && random.uniform() < 0.85) lesson(scene, arc);
  pay(scene);
  if (room > 100 && random.uniform() < 0.8) close(scene, arc);

  const separator = ['\n\n', '\n', ' '][random.integer(3)];
  return { text: polish(scene.text(separator)), arc: arc.name, world };
}

function wholeNumber(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} ${value}: expected a whole number of at least 0`);
  }
}
