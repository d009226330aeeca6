// Flags of generation, named after the options of @lilformer/sampling.
import { checkGenerateOptions, type GenerateOptions } from '@lilformer/sampling';
import { z } from 'zod';
import { flag, flagName, integer, nonNegative, number, oneOf, positive, text } from './flag.js';

const count = (help: string, group?: string, least = 1) =>
  flag({ group, value: 'N', help }, integer(least).optional());
const share = (help: string) =>
  flag({ value: 'P', help }, number('a number above 0 and at most 1', (x) => x > 0 && x <= 1).optional());
const texts = (help: string, group: string) =>
  flag({ group, value: 'TEXT', many: true, help }, z.array(text()).optional());
const processors = 'Penalties and stops';
const beams = 'Beam search';

/** Flags that hold for every decoding strategy. */
export const processorFlags = {
  minNewTokens: count('no end of text before N tokens; set it when outputs end too early', processors, 0),
  repetitionPenalty: flag(
    { group: processors, value: 'X', help: 'above 1: less repetition; 1.1 to 1.3 is usual' },
    positive().optional(),
  ),
  noRepeatNgramSize: count('no sequence of N tokens occurs twice; 2 or 3 ends loops', processors),
  badWords: texts('never generated, also as part of a word; may be given several times', processors),
  stop: texts('ends the text, and is not shown; may be given several times', processors),
};

/** All flags of generation but `maxNewTokens` and `temperature`, whose defaults differ between commands. */
export const generationFlags = {
  topK: count('sample from the N most likely tokens only; 50 is usual'),
  topP: share('sample from the most likely tokens with probability P together only; 0.9 is usual'),
  minP: share('sample from tokens with at least P times the largest probability only; 0.05 is usual'),
  typicalP: share('sample from the tokens of most typical surprisal with probability P together only'),
  seed: count('the same seed gives the same text; default: a random seed', undefined, 0),
  useCache: flag(
    { value: 'BOOLEAN', help: 'false: recompute all tokens for each token; the same text, slower' },
    oneOf('true', 'false')
      .transform((value) => value === 'true')
      .optional(),
  ),
  ...processorFlags,
  numBeams: count(
    'follow N sequences at once and take the most likely instead of sampling; 4 is usual',
    beams,
  ),
  numReturnSequences: count('how many sequences to show for each prompt; default 1', beams),
  lengthPenalty: flag(
    { group: beams, value: 'X', help: 'raise it for longer texts; default 1' },
    number('a number').optional(),
  ),
  earlyStopping: flag(
    {
      group: beams,
      value: 'WHEN',
      help: 'true: as soon as N sequences have ended; false (the default): when better ones are unlikely; never: when there can be none',
    },
    oneOf('true', 'false', 'never')
      .transform((value) => (value === 'never' ? value : value === 'true'))
      .optional(),
  ),
  numBeamGroups: count('groups of beams, each of which avoids the tokens of those before it', beams),
  diversityPenalty: flag(
    { group: beams, value: 'X', help: 'how much groups avoid the same tokens; needs --num-beam-groups' },
    nonNegative().optional(),
  ),
};

const NAMES = [...Object.keys(generationFlags), 'maxNewTokens', 'temperature'];

/**
 * The generation options among the values of flags.
 * @throws Error naming a flag that the decoding strategy does not use
 */
export function generateOptions(flags: Readonly<Record<string, unknown>>): GenerateOptions {
  const given = Object.entries(flags).filter(([name, value]) => NAMES.includes(name) && value !== undefined);
  const options: GenerateOptions = Object.fromEntries(given);
  checkGenerateOptions(options, flagName);
  return options;
}
