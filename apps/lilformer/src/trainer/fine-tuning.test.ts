// `train --from`: the first loss is the source's, a resumed run equals an uninterrupted one, and nothing changes the model.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, readSafetensors, RunFolder } from '@lilformer/checkpoints';
import { batches, encodeCorpus, makeWindows, openCorpus } from '@lilformer/datasets';
import {
  BertForMaskedLM,
  createModel,
  loadModel,
  savePretrained,
  type LanguageModel,
} from '@lilformer/models';
import { Random } from '@lilformer/random';
import { CharTokenizer } from '@lilformer/tokenizers';
import { evaluate } from '@lilformer/training';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportCommand } from './export-command.js';
import { exportFlags, trainFlags } from './command-line.js';
import { temporaryFolder } from './testing/run-program.js';
import { trainCommand } from './train/train-command.js';

const SHORT = [
  ...[
    '--batch-size',
    '4',
    '--max-steps',
    '8',
    '--eval-every',
    '4',
    '--eval-batches',
    '0',
    '--log-every',
    '1',
  ],
  ...['--sample-tokens', '0', '--windows', 'chunks'],
];
const STORY = 'The cat sat on the mat, and the dog sat beside it. '.repeat(30);
const characters = CharTokenizer.fromText(STORY + 'abcdefghijklmnopqrstuvwxyz\n');

const newFolder = temporaryFolder();
let folder: string;
beforeEach(async () => {
  folder = newFolder();
  await writeFile(join(folder, 'own.txt'), STORY);
});
const at = (name: string) => join(folder, name);

/** Runs `train`; stops it when it prints the progress of step `until`. */
async function train(args: readonly string[], until?: string): Promise<string> {
  const controller = new AbortController();
  const lines: string[] = [];
  const progress = (line: string) => {
    if (until !== undefined && line.includes(until)) controller.abort();
  };
  const print = (line: string) => lines.push(line);
  const terminal = { print, note: print, json() {}, write() {}, progress };
  await trainCommand(trainFlags.parse(args)!, terminal as never, controller.signal);
  return lines.join('\n');
}
const tune = (source: string, name: string, ...more: string[]) => [
  ...['--from', at(source), '--data', at('own.txt'), ...SHORT, '--run', at(name), ...more],
];

/** A trained run with dropout. */
const trainSource = () =>
  train([
    ...['--model', 'char-gpt', '--n-layers', '1', '--n-heads', '2', '--d-model', '8', '--dropout', '0.2'],
    ...['--tokenizer', 'char', '--story-bytes', '20000', '--context-length', '8', '--lr', '0.01'],
    ...[...SHORT, '--run', at('source')],
  ]);

async function eventsOf(name: string) {
  const opened = await RunFolder.open(at(name));
  const events = await opened.readMetrics();
  await opened.close();
  return events.map(({ elapsed: _, eta: __, tokensPerSecond: ___, ...event }) => event);
}
const weightsOf = async (name: string, file = 'model') =>
  (await readSafetensors(join(at(name), `${file}.safetensors`))).tensors;

describe('from a run', () => {
  it('starts at the loss that the source has on the new text, with a tenth of its learning rate', async () => {
    await trainSource();
    await train(tune('source', 'tuned'));
    const { model, tokenizer } = await loadModel<LanguageModel>(at('source'));
    const corpus = await openCorpus({ data: at('own.txt') });
    const tokens = await encodeCorpus(corpus, tokenizer!);
    const { validation } = makeWindows(
      { windows: 'chunks', contextLength: 8, split: 0.9, splitBy: 'tokens' },
      tokens,
    );
    const all = batches(validation, { batchSize: 4, order: 'sequential', epochs: 1 });
    const { loss } = await evaluate(model, all);
    model.dispose();
    const [first] = await eventsOf('tuned');
    expect(first).toMatchObject({ type: 'evaluation', step: 0 });
    expect(first.validationLoss).toBeCloseTo(loss, 5);
    const config = (await readJson(join(at('tuned'), 'config.json'))) as Record<string, unknown>;
    expect(config).toMatchObject({
      settings: { learningRate: 0.001, contextLength: 8, model: 'char-gpt', dropout: 0.2 },
      from: { source: at('source'), weightsHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    expect(await readJson(join(at('tuned'), 'tokenizer.json'))).toEqual(
      await readJson(join(at('source'), 'tokenizer.json')),
    );
  });

  it('resumes bit for bit without the source, also when killed before its first state', async () => {
    await trainSource();
    await train(tune('source', 'whole'));
    await train(tune('source', 'parts'), 'step 3/8');
    await train(tune('source', 'killed'), 'step 1/8');
    const killed = join(at('killed'), 'model.safetensors');
    await rm(at('source'), { recursive: true });
    await train(['--resume', at('parts')]);
    expect(await eventsOf('parts')).toEqual(await eventsOf('whole'));
    expect(await weightsOf('parts')).toEqual(await weightsOf('whole'));
    expect(await weightsOf('parts', 'state')).toEqual(await weightsOf('whole', 'state'));

    for (const file of ['state.safetensors', 'state.json', 'metrics.jsonl'])
      await rm(join(at('killed'), file));
    expect((await readSafetensors(killed)).metadata.best).toMatch(/"step":0/);
    await train(['--resume', at('killed')]);
    expect(await weightsOf('killed', 'state')).toEqual(await weightsOf('whole', 'state'));

    await rm(join(at('killed'), 'state.safetensors'));
    await rm(killed);
    await expect(train(['--resume', at('killed')])).rejects.toThrow(
      /weights of .*source were saved\. Delete/,
    );
  });

  it('takes shorter windows, not longer ones, and has a tokenizer already', async () => {
    await trainSource();
    const printed = await train(tune('source', 'short', '--context-length', '4'));
    expect(printed).toContain('--context-length 4*');
    const { model } = await loadModel<LanguageModel>(at('short'));
    expect(model.contextLength).toBe(8);
    model.dispose();
    await expect(train(tune('source', 'long', '--context-length', '9'))).rejects.toThrow(
      /^--context-length: 9\. Expected at most 8, the context length of /,
    );
    const own = join(at('source'), 'tokenizer.json');
    await expect(train(tune('source', 'other', '--tokenizer', own))).rejects.toThrow(
      /^--tokenizer: .*source has a tokenizer\. Expected no --tokenizer with it\./,
    );
  });
});

describe("from a folder in Hugging Face's format", () => {
  const gpt2 = () =>
    createModel(
      { type: 'gpt2', vocabSize: characters.vocabSize, nPositions: 16, nEmbd: 8, nLayer: 1, nHead: 2 },
      new Random(1),
    );

  it('trains, generates and exports', async () => {
    const model = gpt2();
    await savePretrained(model, at('hf'), { tokenizer: characters });
    model.dispose();
    await train(tune('hf', 'tuned'));
    const { settings } = (await readJson(join(at('tuned'), 'config.json'))) as { settings: object };
    expect(settings).toMatchObject({ learningRate: 5e-5, contextLength: 16, nLayer: 1 });
    const command = exportFlags.parse(['--model', at('tuned'), '--to', at('out')])!;
    await exportCommand(command, { print() {}, note() {} } as never);
    for (const file of ['config.json', 'tokenizer.json']) {
      expect(await readJson(join(at('out'), file))).toEqual(await readJson(join(at('hf'), file)));
    }
    expect(await weightsOf('out')).not.toEqual(await weightsOf('hf'));
  });

  it('needs --tokenizer, of the right size, when the folder has none', async () => {
    const model = gpt2();
    await savePretrained(model, at('hf'));
    model.dispose();
    await expect(train(tune('hf', 'tuned'))).rejects.toThrow(
      /^--tokenizer: missing, and .*hf has no tokenizer/,
    );
    const save = (name: string, tokenizer: CharTokenizer) =>
      writeFile(at(name), JSON.stringify(tokenizer.toJSON()));
    await save('large.json', CharTokenizer.fromText(`${STORY}${'abcdefghijklmnopqrstuvwxyz'}\n0123456789`));
    await expect(train(tune('hf', 'tuned', '--tokenizer', at('large.json')))).rejects.toThrow(
      `--tokenizer: has ${characters.vocabSize + 10} ids, the model of ${at('hf')} ${characters.vocabSize}.`,
    );
    await save('right.json', characters);
    await train(tune('hf', 'tuned', '--tokenizer', at('right.json')));
    expect(await readJson(join(at('tuned'), 'tokenizer.json'))).toEqual(await readJson(at('right.json')));
  });

  it('refuses models that train cannot train', async () => {
    const sizes = { hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 2, intermediateSize: 16 };
    const bert = new BertForMaskedLM({ vocabSize: 20, ...sizes, maxPositionEmbeddings: 16 }, new Random(1));
    await mkdir(at('bert'));
    await savePretrained(bert, at('bert'));
    bert.dispose();
    await expect(train(tune('bert', 'tuned'))).rejects.toThrow(
      /^--from: .*bert is a BertForMaskedLM, which train cannot train\. Expected a decoder-only/,
    );
  });
});

describe('the command line', () => {
  it.each([
    [['--model', 'gpt2'], '--model: would change the model of --from r.'],
    [['--d-model', '8'], '--d-model: would change the model of --from r.'],
    [['--n-layer', '8'], '--n-layer: would change the model of --from r.'],
    [['--vocab-size', '80'], '--vocab-size: would change the model of --from r.'],
    [['--tokenizer', 'bpe'], '--tokenizer: bpe makes a new vocabulary.'],
    [['--preset', 'stories'], '--from: with --preset.'],
    [['--resume', 'a'], '--from: with --resume.'],
    [['--batch-size', '0'], '--batch-size 0: expected an integer of at least 1'],
  ])('refuses %j with --from', (args, message) => {
    expect(() => trainFlags.parse(['--from', 'r', '--data', 'x', ...args])).toThrow(message);
  });

  it('needs --data with --from', () => {
    expect(() => trainFlags.parse(['--from', 'r'])).toThrow('--data: missing with --from.');
  });

  it('asks whether gpt2 is the published model', () => {
    expect(() => trainFlags.parse(['--model', 'gpt2', '--data', 'x'])).toThrow(
      /^--model: gpt2 names an architecture here.* Expected --from gpt2 .*--n-layer 4 --n-embd 192\.$/,
    );
    const parsed = trainFlags.parse(['--model', 'gpt2', '--n-layer', '4', '--n-embd', '192']);
    expect(parsed).toMatchObject({ settings: { nLayer: 4, nEmbd: 192 } });
  });
});
