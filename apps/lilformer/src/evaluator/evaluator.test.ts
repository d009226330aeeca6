// Every command, in this process: what it prints and which files it leaves.
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '@lilformer/engine';
import { tinyShakespeare } from '@lilformer/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { attend, attendFlags } from './attend.js';
import { compareArchitectures, compareArchitecturesFlags } from './architectures/compare-architectures.js';
import { decode, decodeFlags } from './decode.js';
import { evaluate, evaluateFlags } from './evaluate.js';
import { flops, flopsFlags } from './flops.js';
import { gruStepCommand, gruStepFlags } from './gru-step/gru-step.js';
import { inspect, inspectFlags } from './architectures/inspect.js';
import { predict, predictFlags } from './predict.js';
import { underNx } from '../trainer/testing/run-program.js';
import { tinyPretrained } from './testing/tiny-pretrained.js';
import { remembering, TEXT, tinyRun } from './testing/tiny-run.js';
import { vocabulary, vocabularyFlags } from './vocabulary.js';

const COMMANDS = {
  evaluate: [evaluateFlags, evaluate],
  attend: [attendFlags, attend],
  predict: [predictFlags, predict],
  flops: [flopsFlags, flops],
  vocabulary: [vocabularyFlags, vocabulary],
  'gru-step': [gruStepFlags, gruStepCommand],
  decode: [decodeFlags, decode],
  inspect: [inspectFlags, inspect],
  'compare-architectures': [compareArchitecturesFlags, compareArchitectures],
} as const;

let folder: string;
let recorded: number;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  process.stdout.columns = 200;
  folder = await mkdtemp(join(tmpdir(), 'lilformer-evaluator-'));
  process.env.LILFORMER_CACHE = at('cache');
  await openEngine();
  recorded = await tinyRun(at('moe'), { type: 'moe-transformer' });
  await tinyRun(at('gru'), { type: 'gru' });
  await tinyPretrained(folder);
});
afterAll(async () => {
  process.stdout.columns = undefined as never;
  delete process.env.LILFORMER_CACHE;
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command as main.ts does; returns what it printed. */
async function run(name: keyof typeof COMMANDS, ...args: string[]): Promise<string> {
  const { terminal, shown } = remembering(args.includes('--json') ? 'json' : 'all');
  const [flags, command] = COMMANDS[name] as unknown as [
    { parse(args: readonly string[]): unknown },
    (flags: unknown, terminal: unknown, signal: AbortSignal) => Promise<void>,
  ];
  await command(flags.parse(args), terminal, new AbortController().signal);
  return shown();
}

describe('help', () => {
  it.each(Object.entries(COMMANDS))('of %s explains every flag, within 100 columns', (_, [flags]) => {
    const help = flags.help();
    expect(help).toMatch(/^[A-Z].*\.\n\n {2}npx lilformer /);
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });
});

describe('--json', () => {
  const values = async (...[name, ...args]: Parameters<typeof run>) =>
    (await run(name, ...args, '--json'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('of evaluate has a perplexity for each model', async () => {
    const [moe, gru, ...others] = await values('evaluate', '--model', at('moe'), '--model', at('gru'));
    expect(moe).toMatchObject({ state: 'compared', type: 'moe-transformer', parameters: expect.any(Number) });
    expect(gru.measured).toMatchObject({ perplexity: expect.any(Number) });
    expect(gru.bitsPerCharacter).toBeCloseTo(
      Math.log2((gru.measured as { perplexity: number }).perplexity),
      6,
    );
    expect(others).toEqual([]);
  });

  it('of predict has the next tokens with probabilities', async () => {
    const all = await values('predict', '--model', at('moe'), '--prompt', 'the', '--top', '2');
    expect(all.at(-1)).toMatchObject({ prompt: 'the', next: [{ probability: expect.any(Number) }, {}] });
  });

  it('of flops has exact counts', async () => {
    const [report] = await values('flops', '--model', at('gru'), '--tokens', '4');
    expect(report).toMatchObject({ tokens: 4, model: { type: 'gru' }, rows: expect.any(Array) });
  });

  it('of inspect has a line for each module, with shapes', async () => {
    const parts = await values('inspect', '--model', 'gpt2', '--explain');
    expect(parts).toContainEqual(expect.objectContaining({ path: 'transformer.wte', shape: [1, 10, 768] }));
  });

  it('of vocabulary and compare-architectures has their numbers', async () => {
    const text = ['--text', at('moe.txt'), '--tokenizer', 'char', '--tokens', '1'];
    expect(await values('vocabulary', ...text)).toMatchObject([{ characters: TEXT.length }]);
    expect(await values('compare-architectures', '--model', 'gpt2')).toMatchObject([
      { name: 'gpt2', parameters: 124_439_808 },
    ]);
  });
});

describe('evaluate', () => {
  it('measures the recorded perplexity again by the same protocol', async () => {
    // The run was validated on windows of 16 tokens that do not overlap.
    const shown = await run('evaluate', '--model', at('moe'), '--stride', '16');
    expect(shown).toContain(recorded.toFixed(2));
    expect(shown).toContain('best evaluation of the run, at step 2');
    expect(shown).toMatch(/text: the validation text of its run, \d+ tokens/);
    expect(shown).toMatch(/bits\/character/);
  });

  it('compares several models, with tables of heads and experts, and figures', async () => {
    const shown = await run(
      'evaluate',
      ...['--model', at('moe'), '--model', at('gru'), '--model', at('nothing'), '--text-tokens', '60'],
      ...[
        '--what-heads-do',
        '--what-experts-get',
        '--figures',
        at('figures'),
        '--format',
        'svg',
        '--format',
        'png',
      ],
    );
    expect(shown).toMatch(/nothing \(missing\) +-/);
    expect(shown).toMatch(/moe: attention heads[^]*layer +head[^]*\n +1 +1 /);
    expect(shown).toMatch(/moe: share of tokens per expert[^]*expert 0/);
    expect(shown).toContain('GRULM: has no attention weights');
    expect(shown).toContain('the first 60 tokens of the validation text');
    expect(await readFile(at('figures/perplexity.svg'), 'utf8')).toMatch(/^<svg /);
    expect(existsSync(at('figures/perplexity.png'))).toBe(true);
  });

  it('draws the loss by position only with enough predictions per position', async () => {
    const moe = ['--model', at('moe'), '--text-tokens', '60'];
    const both = ['--format', 'svg', '--format', 'png'];
    await run('evaluate', ...moe, '--protocol', 'all-windows', '--figures', at('many'), ...both);
    expect(existsSync(at('many/loss-by-position.svg'))).toBe(true);
    expect(existsSync(at('many/loss-by-position.png'))).toBe(true);
    await run('evaluate', ...moe, '--stride', '1', '--figures', at('few'));
    expect(existsSync(at('few/perplexity.svg'))).toBe(true);
    expect(existsSync(at('few/loss-by-position.svg'))).toBe(false);
  });

  it('takes all models of a folder, and the best run of a folder of runs', async () => {
    const all = await run('evaluate', '--checkpoints', folder, '--text-tokens', '40');
    expect(all).toMatch(/^gru +/m);
    expect(all).toMatch(/^moe +/m);
    const best = await run('evaluate', '--model', folder, '--text-tokens', '40');
    expect(best).toMatch(
      /^The run of lilformer-evaluator-\S+ with the lowest perplexity: (moe|gru), [\d.]+$/m,
    );
  });

  it.each([
    [[], 'expected --model SOURCE, several of them, or --checkpoints FOLDER'],
    [['--checkpoints', '/nowhere'], '--checkpoints /nowhere: no folder at'],
    [['--model', '/nowhere'], 'none of the models could be loaded'],
    [['--model', '/nowhere', '--tokenizer', 'char'], '--tokenizer char: expected --text with it'],
  ])('%j ends with one clear message', async (args, message) => {
    await expect(run('evaluate', ...args)).rejects.toThrow(message);
  });
});

describe('attend', () => {
  it('reads the beginning of the text of the run unless a prompt is given', async () => {
    const shown = await run('attend', '--model', at('moe'), '--figures', at('own'));
    expect(shown).toContain('Reads 16 tokens');
  });

  it('draws all heads, every layer and the averages', async () => {
    const shown = await run(
      'attend',
      '--model',
      at('moe'),
      '--prompt',
      'the cat',
      '--figures',
      at('attention'),
    );
    expect(shown).toContain('Reads 7 tokens');
    expect(await readFile(at('attention/attention.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    for (const name of ['all-heads', 'averages', 'layer-0', 'layer-1']) {
      expect(await readFile(at(`attention/${name}.svg`), 'utf8'), name).toMatch(/^<svg /);
    }
  });

  it('draws one head, and the gates of a GRU', async () => {
    await run(
      'attend',
      '--model',
      at('moe'),
      '--prompt',
      'the',
      '--layer',
      '1',
      '--head',
      '0',
      '--figures',
      at('one'),
    );
    expect(existsSync(at('one/layer-1-head-0.svg'))).toBe(true);
    const shown = await run('attend', '--model', at('gru'), '--prompt', 'the', '--figures', at('gates'));
    expect(shown).toMatch(/reset 0 +update 0 +new 0/);
    expect(existsSync(at('gates/gates-0-update.svg'))).toBe(true);
  });

  it.each([
    [['--head', '0'], '--head 0: expected --layer with it'],
    [['--layer', '2'], '--layer 2: expected a number below 2'],
    [['--layer', '0', '--head', '5'], '--head 5: expected a number below 2'],
  ])('%j is refused', async (args, message) => {
    await expect(run('attend', '--model', at('moe'), '--prompt', 'the', ...args)).rejects.toThrow(message);
  });
});

describe('predict', () => {
  it('prints text and continuation, and the next tokens of prompts', async () => {
    const prompts = ['MENENIUS:', 'BRUTUS:', 'CORIOLANUS:'].flatMap((name) => ['--prompt', name]);
    const shown = await run('predict', '--model', at('moe'), ...prompts, '--seed', '3');
    expect(shown).toContain('[Prompt: the first 8 tokens]');
    const actual = /\[Actual text: 16 tokens\]\n([^]*?)\n\n\[Predicted/.exec(shown)![1];
    expect(TEXT).toContain(actual);
    for (const name of ['MENENIUS:', 'BRUTUS:', 'CORIOLANUS:']) {
      expect(shown).toMatch(new RegExp(`After "${name}":(\\n  [1-5]\\. .* 0\\.\\d{3}.*){5}\\n?`));
    }
    expect(await run('predict', '--model', at('moe'), ...prompts, '--seed', '3')).toBe(shown);
  });

  it('lists the next tokens after the beginning of the text of the run', async () => {
    const shown = await run('predict', '--model', at('moe'), '--seed', '3');
    const prompt = /After "([^]*?)":/.exec(shown)![1];
    expect(TEXT).toContain(prompt);
    expect(prompt).toHaveLength(16);
  });
});

describe('flops', () => {
  it("counts the operations of the notebook's models, and of a trained one", async () => {
    const shown = await run('flops', '--notebook', '--tokens', '4');
    for (const name of ['simple-rnn', 'gru', 'tied-transformer'])
      expect(shown).toMatch(new RegExp(`^${name}: `, 'm'));
    expect(shown).toMatch(/notebook +exact +counted/);
    expect(await run('flops', '--model', at('moe'), '--tokens', '4')).toMatch(/^moe-transformer: /m);
    expect(await run('flops', '--model', at('moe'))).toMatch(/^moe-transformer: /m); // as many tokens as fit
  });

  it('takes the latest run in runs/', async () => {
    for (const [name, value] of Object.entries(underNx(at('flops')))) vi.stubEnv(name, value);
    try {
      await expect(run('flops')).rejects.toThrow('--model: missing, and runs/ has no run.');
      for (const [name, time] of [
        ['moe', 1],
        ['gru', 2],
      ] as const) {
        await cp(at(name), at(`flops/runs/${name}`), { recursive: true });
        await utimes(at(`flops/runs/${name}/config.json`), time, time);
      }
      expect(await run('flops')).toMatch(/^Model: runs\/gru$[^]*^gru: /m);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('gru-step', () => {
  it("prints the notebook's initial values and its three settings", async () => {
    // r = σ(3 · 2), z = σ(-3 · 2): the initial values of the notebook
    expect(await run('gru-step')).toMatch(/r\[0\] {2}reset gate +1\.00[^]*z\[0\] {2}update gate +0\.00/);
    for (const preset of ['difference', 'memory', 'input-only']) {
      const shown = await run('gru-step', '--preset', preset, '--figures', at('steps'));
      expect(shown).toContain('Update gate z =');
      expect(await readFile(at(`steps/gru-step-${preset}.svg`), 'utf8')).toMatch(/^<svg /);
    }
    expect(await run('gru-step', '--preset', 'difference')).toMatch(/n\[0\] {2}new content +0\.0[0-9]/);
  });

  it('changes a value of a preset', async () => {
    // A control of 0 gives gates of 0.5 for any weights.
    const shown = await run('gru-step', '--preset', 'memory', '--control-input', '0');
    expect(shown).toMatch(/r\[0\] .* 0\.50[^]*z\[0\] .* 0\.50/);
    await expect(run('gru-step', '--data-input', 'x')).rejects.toThrow('--data-input x: expected a number');
  });
});

describe('evaluator on real text', () => {
  it('equals the vocabulary of the Shakespeare notebook', async () => {
    const shown = await run('vocabulary', '--text', tinyShakespeare, '--figures', at('words'));
    expect(shown).toContain('1,115,394 characters');
    expect(shown).toContain('65 distinct');
    expect(shown).toContain('the text has 447,717');
    expect(shown).toContain('Of the 100 most frequent words (in lower case), 97 are one token');
    expect(shown).toMatch(/3 are not:\nduke richard queen/);
    expect(existsSync(at('words/tokens.svg'))).toBe(true);
  });
});

describe('inspect', () => {
  it.each([40, 80])('prints a table that fits %i columns', async (columns) => {
    process.stdout.columns = columns;
    const table = await run('inspect', '--model', 'gpt2', '--explain').finally(
      () => (process.stdout.columns = 200),
    );
    const [rows] = table.split('\n\nShapes');
    for (const line of rows.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
    expect(rows.replace(/\s+/g, '')).toContain('85,054,464');
  });

  it('prints the tree and the table of a published model, without weights', async () => {
    const shown = await run('inspect', '--model', 'gpt2', '--tokens', '12');
    expect(shown).toContain(
      'GPT2LMHeadModel(\n  (transformer): GPT2Model(\n    (wte): Embedding(50257, 768)',
    );
    expect(shown).toMatch(/· · h\.0-11: 12 × GPT2Block +85,054,464 +68\.3 % +\[1, 12, 768\]/);
    expect(shown).toContain('Shapes are for a batch of 1 with 12 tokens.');
    const tree = await run('inspect', '--model', 'bert-base-uncased', '--as', 'BertModel', '--tree');
    expect(tree).toMatch(/^BertModel\([^]*\(pooler\): BertPooler[^]*\)\n*$/);
  });

  it('reads a folder with a config.json', async () => {
    const shown = await run('inspect', '--model', at('tiny-t5'), '--explain', '--source', '7');
    expect(shown).toMatch(/^part +parameters/);
    expect(shown).toContain('[1, 7, 8]');
  });

  it('reads a run folder', async () => {
    const shown = await run('inspect', '--model', at('moe'), '--tokens', '5');
    expect(shown).toMatch(/^MoETransformerLM\(\n {2}\(token_embedding\): Embedding\(/);
    expect(shown).toMatch(/· token_embedding: Embedding .* \[1, 5, \d+\]/);
  });

  it('lists the built-in models in its error', async () => {
    await expect(run('inspect', '--model', 'nothing')).rejects.toThrow('or one of gpt2, gpt2-medium');
    await expect(run('compare-architectures', '--model', at('moe'))).rejects.toThrow(
      'its config.json has no model_type',
    );
    await expect(run('inspect', '--model', 'gpt2', '--as', 'BertModel')).rejects.toThrow(
      'architecture BertModel',
    );
  });
});

describe('compare-architectures', () => {
  it('prints facts and notes, and draws masks', async () => {
    const shown = await run('compare-architectures', '--figures', at('masks'));
    expect(shown).toMatch(/parameters +124,439,808 +109,514,298 +139,420,416 +60,506,624/);
    expect(shown).toContain('decoder to encoder of bart-base, t5-small: cross-attention');
    expect(shown).toContain('bart-base, t5-small: encoder-decoder');
    expect(await readFile(at('masks/masks.svg'), 'utf8')).toContain('encoder: unmasked');
  });
});

describe('decode', () => {
  it('runs every strategy, top-k 1 like greedy search, and draws their probabilities', async () => {
    const args = [
      '--model',
      at('tiny-gpt2'),
      '--prompt',
      'the cat',
      '--max-new-tokens',
      '5',
      '--figures',
      at('ways'),
    ];
    const shown = await run('decode', ...args);
    for (const name of ['Greedy search', 'top-k 50', 'Temperature 1.5', 'Top-k 500', 'Top-p 0.75']) {
      expect(shown).toContain(name);
    }
    const writtenBy = (name: string) =>
      new RegExp(`^${name}.*\\n(?:  .*\\n)?\\.\\.\\. (.*)$`, 'm').exec(shown)![1];
    expect(writtenBy('Top-k 1')).toBe(writtenBy('Greedy search'));
    expect(existsSync(at('ways/decoding.svg'))).toBe(true);
    expect(await run('decode', ...args)).toBe(shown);
  });

  it('takes a run, and rejects an encoder', async () => {
    const shown = await run(
      'decode',
      '--model',
      at('gru'),
      '--prompt',
      'the',
      '--max-new-tokens',
      '3',
      '--stop',
      'zz',
    );
    expect(shown).toContain('Top-p 0.5');
    await expect(run('decode', '--model', at('tiny-bert'))).rejects.toThrow(
      'a BertForMaskedLM cannot generate text',
    );
    await expect(run('decode')).rejects.toThrow('--model is missing');
    await expect(run('decode', '--model', at('none'))).rejects.toThrow(
      'none: not found. Expected a run folder',
    );
  });

  it('generates with bf16 weights and prints their memory', async () => {
    const shown = await run('decode', '--model', at('tiny-t5'), '--max-new-tokens', '3', '--dtype', 'bf16');
    expect(shown).toMatch(/weights: [\d.]+ MB, 9\d\.\d % of them in bf16; [\d.]+ MB in float32/);
  });
});

describe('attend, of pretrained models', () => {
  it('draws the three kinds of attention of an encoder-decoder', async () => {
    const args = ['--model', at('tiny-t5'), '--prompt', 'the cat', '--answer', 'sat', '--figures', at('t5')];
    const shown = await run('attend', ...args);
    expect(shown).toContain('Reads 7 tokens');
    expect(shown).toContain('Writes 4 tokens');
    for (const where of ['encoder', 'decoder', 'cross']) {
      expect(existsSync(at(`t5/${where}-layer-0.svg`))).toBe(true);
    }
    expect(await readFile(at('t5/cross-layer-0.svg'), 'utf8')).toContain('decoder to encoder');
    const one = await run(
      'attend',
      ...args.slice(0, 4),
      '--layer',
      '0',
      '--head',
      '1',
      '--figures',
      at('one'),
    );
    expect(one).toContain('cross-layer-0-head-1.svg');
  });

  it('draws an encoder, and a model without tokenizer with ids as text', async () => {
    await run('attend', '--model', at('tiny-bert'), '--prompt', 'the cat', '--figures', at('bert'));
    expect(existsSync(at('bert/all-heads.svg'))).toBe(true);
    await rm(at('tiny-gpt2/tokenizer.json'));
    await rm(at('tiny-gpt2/tokenizer_config.json'));
    const shown = await run(
      'attend',
      '--model',
      at('tiny-gpt2'),
      '--prompt',
      '5 7 9',
      '--figures',
      at('ids'),
    );
    expect(shown).toContain('its texts are ids');
    expect(shown).toContain('Reads 3 tokens: 5 7 9');
  });
});
