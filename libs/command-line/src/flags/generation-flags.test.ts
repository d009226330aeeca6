import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCommand } from './command.js';
import { generateOptions, generationFlags } from './generation-flags.js';
import { IdTokenizer } from '../id-tokenizer.js';

describe('generation flags', () => {
  const command = defineCommand({ summary: '', examples: [], flags: z.object(generationFlags) });
  const optionsOf = (line: string) => generateOptions({ ...command.parse(line.split(' ')), prompt: 'x' });

  it('are the options of the same names', () => {
    expect(generateOptions({})).toEqual({});
    expect(generateOptions({ maxNewTokens: 5, temperature: 0, run: 'r' })).toEqual({
      maxNewTokens: 5,
      temperature: 0,
    });
    expect(optionsOf('--use-cache false --bad-words x --bad-words y --stop . --min-p 0.1 --seed 3')).toEqual({
      useCache: false,
      badWords: ['x', 'y'],
      stop: ['.'],
      minP: 0.1,
      seed: 3,
    });
    expect(
      optionsOf('--num-beams 4 --num-beam-groups 2 --diversity-penalty 1 --early-stopping true'),
    ).toEqual({
      numBeams: 4,
      numBeamGroups: 2,
      diversityPenalty: 1,
      earlyStopping: true,
    });
    expect(optionsOf('--num-beams 2 --early-stopping never').earlyStopping).toBe('never');
  });

  it('name a flag that the strategy does not use', () => {
    expect(() => optionsOf('--length-penalty 2')).toThrow(
      '--length-penalty 2: only beam search uses it. Set --num-beams above 1.',
    );
    expect(() => optionsOf('--num-beams 2 --top-k 5')).toThrow('--top-k 5: beam search does not sample.');
    expect(() => generateOptions({ temperature: 0, topP: 0.5 })).toThrow(
      '--top-p 0.5: greedy decoding does not sample. Leave it out, or set --temperature above 0.',
    );
  });
});

describe('IdTokenizer', () => {
  const tokenizer = new IdTokenizer(50, 49);

  it('encodes and decodes numbers', () => {
    expect([...tokenizer.encode(' 5  17 42\n')]).toEqual([5, 17, 42]);
    expect(tokenizer.decode([5, 17, 42])).toBe('5 17 42');
    const stream = tokenizer.decodeStream();
    expect([5, 17, 42].map((id) => stream.push(id)).join('') + stream.flush()).toBe('5 17 42');
    expect(tokenizer.idToToken(50)).toBeUndefined();
  });

  it('throws on other words', () => {
    expect(() => tokenizer.encode('5 fish')).toThrow('"fish": the model has no tokenizer');
    expect(() => tokenizer.encode('50')).toThrow('Expected numbers from 0 to 49');
  });
});
