// Generated children's stories: a corpus that needs no download, the same on every machine.
import { Random } from '@lilformer/random';
import { type Cast, cast, type Plot } from './cast.js';
import { Scene } from './grammar.js';
import { COURAGE } from './plots/courage.js';
import { FRIENDS } from './plots/friends.js';
import { LOST } from './plots/lost.js';
import { MAKING } from './plots/making.js';
import { TRUST } from './plots/trust.js';

import { RULES } from './rules.js';

/** All plots. A new one is an entry in one of the files of `plots`. */
export const PLOTS: readonly Plot[] = [...LOST, ...FRIENDS, ...COURAGE, ...MAKING, ...TRUST];

const MIN_WORDS = 60;
const MAX_WORDS = 250;
/** Above this length, endings become brief, so that few stories exceed the maximum and are discarded. */
const LONG = 1200;

export interface StoriesOptions {
  /** Determines every story; the number 7 and the string '7' are the same seed. */
  seed: number | string;
  /** Ends after the story with which the joined text, one separator line per story, reaches this size. */
  bytes?: number;
  /** Number of stories. Without `count` and `bytes`, the sequence is endless. */
  count?: number;
  /** Index of the first story (default 0); disjoint ranges of one seed give training and validation sets. */
  from?: number;
}

/** A story with its plot and cast, for tests. */
export interface Story extends Cast {
  readonly text: string;
  readonly plot: string;
}

const NAMES = Object.keys({
  seed: true,
  bytes: true,
  count: true,
  from: true,
} satisfies Record<keyof StoriesOptions, true>);

/**
 * Yields stories of 60 to 250 words of plain ASCII, in one paragraph or several. Story `i` of a seed is the
 * same on every platform.
 * @throws TypeError for an unknown option; RangeError when `from`, `count` or `bytes` is not an integer of at least 0
 */
export function* stories(options: StoriesOptions): Generator<string, void, undefined> {
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${unknown}: unknown option. Expected one of ${NAMES.join(', ')}.`);
  }
  const { seed, from = 0, count = Infinity, bytes = Infinity } = options;
  for (const [name, value] of Object.entries({ from, count, bytes })) {
    if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 0)) {
      throw new RangeError(`${name}: ${value} is invalid. Expected an integer of at least 0.`);
    }
  }
  let written = 0;
  for (let i = from; i < from + count && written < bytes; i++) {
    const { text } = writeStory(seed, i);
    written += text.length + '\n<|endoftext|>\n'.length;
    yield text;
  }
}

/** Writes story number `index` of a seed. */
export function writeStory(seed: number | string, index: number): Story {
  const random = new Random(`${seed}/story/${index}`);
  for (;;) {
    const plot = PLOTS[random.integer(PLOTS.length)];
    const members = cast(random, plot);
    const text = write(random, plot, members);
    const words = text.split(/\s+/).length;
    if (words >= MIN_WORDS && words <= MAX_WORDS) return { ...members, plot: plot.name, text };
  }
}

function write(random: Random, plot: Plot, { roles, facts }: Cast): string {
  const scene = new Scene(random, RULES, roles, facts);
  let text = scene.expand(`<draw-thread> <hero> ${plot.owns ? '<treasure>' : ''} ¶ ${plot.text} ¶ `);
  const room = LONG - text.length;
  if (room > 200 && random.uniform() < 0.85) text += scene.expand('<lesson> ');
  text += scene.expand('<recall> ');
  if (room > 100 && random.uniform() < 0.8) text += scene.expand('<close>');
  return polish(text, ['\n\n', '\n', ' '][random.integer(3)]);
}

/** Joins the paragraphs; corrects articles, capitals at the start of sentences, and spaces. */
export function polish(text: string, separator: string): string {
  return text
    .split('¶')
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .join(separator)
    .replace(/ {2,}/g, ' ')
    .replace(/\b([Aa]) (?=[aeiou])(?!one\b|once\b|use|uni|eu)/g, '$1n ')
    .replace(
      /((?:^|\n|[.!?] |\." )"?)([a-z])/g,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    );
}
