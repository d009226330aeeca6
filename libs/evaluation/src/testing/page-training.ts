// A run that trains, is interrupted, resumes and generates: in Node and in a page.
import { RunFiles, type FileStore } from '@lilformer/checkpoints';
import { createTokenizer, encodeCorpus, makeWindows, storiesCorpus } from '@lilformer/datasets';
import { createModel, loadModel, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { generateText } from '@lilformer/sampling';
import { train } from '@lilformer/training';
import { perplexity as measure } from '../perplexity/perplexity.js';

export const STEPS = 200;
const CONTEXT = 16;

async function openData() {
  const corpus = storiesCorpus({ bytes: 40_000, seed: 3 });
  const tokenizer = await createTokenizer({ tokenizer: 'bpe', vocabSize: 300 }, corpus);
  return {
    tokenizer,
    windows: makeWindows({ contextLength: CONTEXT }, await encodeCorpus(corpus, tokenizer)),
  };
}

/** What a session of training gave. */
interface Session {
  readonly losses: number[];
  /** Step from which it resumed; undefined for a new run. */
  readonly resumed: number | undefined;
}

/**
 * Trains a small transformer with dropout on generated stories.
 *
 * @param store of the run, which resumes if there is one
 * @param until last step of this session: it is interrupted after it
 */
export async function trainUntil(store: FileStore, until: number): Promise<Session> {
  const { tokenizer, windows } = await openData();
  const config = {
    ...{ type: 'nano-gpt', vocabSize: tokenizer.vocabSize, contextLength: CONTEXT },
    ...{ dModel: 24, nLayers: 2, nHeads: 2, dropout: 0.1 },
  };
  const exists = (await store.names()).includes('config.json');
  const run = exists
    ? await RunFiles.resume(store)
    : await RunFiles.create(store, { config: { model: config }, tokenizer: tokenizer.toJSON() });
  const model = createModel(config, new Random(1).split('weights'));
  const controller = new AbortController();
  const losses: number[] = [];
  let resumed: number | undefined;
  const events = train({
    ...{ model, ...windows, folder: run, signal: controller.signal },
    ...{ batchSize: 8, maxSteps: STEPS, evalEvery: 50, saveEverySteps: 25, seed: 7 },
    schedule: { type: 'cosine', learningRate: 0.01, warmupSteps: 10 },
  });
  for await (const event of events) {
    if (event.type === 'start' && event.resumed) resumed = event.step;
    if (event.type !== 'step') continue;
    losses.push(event.loss);
    if (event.step === until) controller.abort();
  }
  await run.close();
  model.dispose();
  return { losses, resumed };
}

/** What the best model of a run writes, and its perplexity as recorded and as measured. */
export async function generateFrom(
  store: FileStore,
): Promise<{ text: string; recorded: number; measured: number }> {
  const files = new Map<string, Blob>();
  for (const name of await store.names()) files.set(name, await store.file(name));
  const { model, tokenizer, recorded } = await loadModel<LanguageModel>(files);
  const { text } = await generateText(model, tokenizer, 'Once upon a time', { maxNewTokens: 40, seed: 5 });
  const { windows } = await openData();
  const { perplexity } = await measure(model, {
    ...{ protocol: 'all-windows', windows: windows.validation, batchSize: 8 },
  });
  model.dispose();
  return { text, recorded: recorded!.perplexity, measured: perplexity };
}
