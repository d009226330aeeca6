// Flags that say how a model writes, and what `@lilformer/sampling` makes of them: for every command that lets one write.
import type { BeamOptions, GenerateOptions, WritingOptions } from '@lilformer/sampling';
import { flag, notNegative, oneOf, positive, real, text, whole, type FlagValues } from './schema.js';
import { z } from 'zod';

const atMostOne = () => real('a number above 0 and at most 1', (x) => x > 0 && x <= 1).optional();
const group = 'Penalties and ends';
const beams = 'Beam search';

/** How tokens are drawn. */
export const drawingFlags = {
  topK: flag({ value: 'N', help: 'choose among the N likeliest tokens only' }, whole(1).optional()),
  topP: flag(
    { value: 'P', help: 'choose among the likeliest tokens that have share P together' },
    atMostOne(),
  ),
  minP: flag(
    { value: 'P', help: 'choose among tokens at least P times as likely as the likeliest' },
    atMostOne(),
  ),
  typicalP: flag(
    { value: 'P', help: 'choose among the least surprising surprises that have share P together' },
    atMostOne(),
  ),
};

/** What holds however a token is chosen. */
export const penaltyFlags = {
  minTokens: flag({ group, value: 'N', help: 'no end of text before N tokens' }, whole(0).optional()),
  repetitionPenalty: flag(
    { group, value: 'X', help: 'above 1: tokens that the text has become less likely' },
    positive().optional(),
  ),
  noRepeatNgram: flag(
    { group, value: 'N', help: 'no sequence of N tokens comes twice' },
    whole(1).optional(),
  ),
  badWord: flag(
    { group, value: 'TEXT', many: true, help: 'never written; may be given several times' },
    z.array(text()).optional(),
  ),
  stop: flag(
    { group, value: 'TEXT', many: true, help: 'ends the text, and is not shown; may be given several times' },
    z.array(text()).optional(),
  ),
};

/** A search for the likeliest text instead of drawing. */
export const beamFlags = {
  beams: flag(
    {
      group: beams,
      value: 'N',
      help: 'follow N texts at once and give the likeliest; nothing is drawn then',
    },
    whole(1).optional(),
  ),
  sequences: flag(
    { group: beams, value: 'N', help: 'how many of the texts found to give; default 1' },
    whole(1).optional(),
  ),
  lengthPenalty: flag(
    { group: beams, value: 'X', help: 'above 0 favours long texts; default 1' },
    real('a number', () => true).optional(),
  ),
  earlyStopping: flag(
    {
      group: beams,
      value: 'WHEN',
      help: 'true: as soon as N texts have ended; false (the default): when better ones are unlikely; never: when there can be none',
    },
    oneOf('true', 'false', 'never').optional(),
  ),
  beamGroups: flag(
    { group: beams, value: 'N', help: 'so many groups of beams, each avoiding what those before it take' },
    whole(1).optional(),
  ),
  diversityPenalty: flag(
    { group: beams, value: 'X', help: 'how much they avoid it' },
    notNegative().optional(),
  ),
};

type DrawingFlags = FlagValues<typeof drawingFlags> & {
  readonly temperature?: number;
  readonly seed?: number;
};
type PenaltyFlags = FlagValues<typeof penaltyFlags> & {
  readonly maxTokens?: number;
  readonly noCache?: boolean;
};
type BeamFlags = FlagValues<typeof beamFlags>;

/** Options of every way of writing; what no flag says is left out. */
export function writingOptions(flags: PenaltyFlags, signal?: AbortSignal): WritingOptions {
  const { maxTokens, minTokens, repetitionPenalty, noRepeatNgram, badWord, stop, noCache } = flags;
  return given<WritingOptions>({
    maxTokens,
    minTokens,
    repetitionPenalty,
    noRepeatNgram,
    badWords: badWord,
    stopTexts: stop,
    cache: noCache ? false : undefined,
    signal,
  });
}

/** Options of drawing. */
export function drawingOptions(flags: PenaltyFlags & DrawingFlags, signal?: AbortSignal): GenerateOptions {
  const { temperature, topK, topP, minP, typicalP, seed } = flags;
  return given<GenerateOptions>({
    ...writingOptions(flags, signal),
    temperature,
    topK,
    topP,
    minP,
    typicalP,
    seed,
  });
}

/**
 * Options of a beam search, if one is asked for.
 * @throws Error when its settings are given without --beams, or those of drawing with it
 */
export function beamOptions(
  flags: PenaltyFlags & DrawingFlags & BeamFlags,
  signal?: AbortSignal,
): BeamOptions | undefined {
  const { beams, sequences, lengthPenalty, earlyStopping, beamGroups: groups, diversityPenalty } = flags;
  const searching = { sequences, lengthPenalty, earlyStopping, groups, diversityPenalty };
  if (beams === undefined) {
    const one = Object.entries(searching).find(([, value]) => value !== undefined);
    if (one) throw new Error(`${FLAGS[one[0] as keyof typeof FLAGS]}: expected --beams N with it`);
    return undefined;
  }
  for (const [name, value] of Object.entries({
    '--top-k': flags.topK,
    '--top-p': flags.topP,
    '--min-p': flags.minP,
    '--typical-p': flags.typicalP,
  })) {
    if (value !== undefined)
      throw new Error(`${name} ${value}: a beam search draws nothing; expected it without --beams`);
  }
  const early =
    earlyStopping === 'never' ? 'never' : earlyStopping === undefined ? undefined : earlyStopping === 'true';
  return given<BeamOptions>({ ...writingOptions(flags, signal), beams, ...searching, earlyStopping: early });
}

const FLAGS = {
  sequences: '--sequences',
  lengthPenalty: '--length-penalty',
  earlyStopping: '--early-stopping',
  groups: '--beam-groups',
  diversityPenalty: '--diversity-penalty',
} as const;

/** The entries that are not undefined. */
function given<T extends object>(entries: { [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;
}
