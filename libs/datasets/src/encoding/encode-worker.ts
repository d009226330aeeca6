// Worker thread: builds the tokenizer from its JSON once, then encodes jobs and transfers the ids.
import { parentPort, workerData } from 'node:worker_threads';
import { tokenizerFromJSON } from '@lilformer/tokenizers';
import { encodeJob, type EncodeDocumentsOptions, type Ids, type Job } from './encode-jobs.js';
import type { TokenDType } from '../tokens/token-source.js';

export interface EncodeWorkerData {
  tokenizer: Record<string, unknown>;
  dtype: TokenDType;
  options: EncodeDocumentsOptions;
}

export type EncodeWorkerAnswer = { ids: Ids } | { error: string };

if (parentPort !== null) {
  const port = parentPort;
  const { tokenizer: json, dtype, options } = workerData as EncodeWorkerData;
  const tokenizer = tokenizerFromJSON(json);
  port.on('message', (job: Job) => {
    let answer: EncodeWorkerAnswer;
    try {
      answer = { ids: encodeJob(tokenizer, job, dtype, options) };
    } catch (error) {
      answer = { error: (error as Error).message };
    }
    port.postMessage(answer, 'ids' in answer ? [answer.ids.buffer] : []);
  });
}
