// What attention heads attend to, in numbers, and a rule that classifies a head by them.
import { yieldToEventLoop } from '@lilformer/engine';
import type { Batch } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { checkOptionNames } from '@lilformer/tokenizers';
import type { Table } from '../table.js';
import {
  capturedByLanguageModel,
  layersOf,
  withoutAttention,
  type AttentionMatrix,
} from './attention-maps.js';
import { stripesOf } from './stripes.js';

/** Measures of a head. All are means over the queries from position 2 on; shares are of 1. */
export interface HeadMeasures {
  /** Share of the previous token. */
  readonly previous: number;
  /** Share of the first token of the sequence. */
  readonly first: number;
  /** Share of the token itself. */
  readonly itself: number;
  /** Share of the tokens two to four positions back, without the first token. */
  readonly nearby: number;
  /** Share of stripes: tokens that most later tokens attend to. */
  readonly stripes: number;
  /** In nats; 0 when all attention is on one token. */
  readonly entropy: number;
  /** Entropy divided by its maximum, the logarithm of the number of visible tokens; 1 for uniform attention. */
  readonly evenness: number;
  /** Mean distance of the tokens attended to, in positions. */
  readonly distance: number;
}

/** What a head mostly attends to; see {@link headRole}. */
export type HeadRole = 'previous' | 'itself' | 'first' | 'stripes' | 'even' | 'nearby' | 'mixed';

/** One head of a model. */
export interface HeadReport extends HeadMeasures {
  /** From 0. */
  readonly layer: number;
  /** From 0. */
  readonly head: number;
  readonly role: HeadRole;
}

/** The first query that counts: before it, previous, first and itself are not three tokens. */
const FIRST_QUERY = 2;

/**
 * The role of a head: the largest of the shares of the previous token, the token itself, the first token and stripes, if it is
 * at least 0.4; else `even` if the evenness is at least 0.9; else `nearby` if the token itself and the four before it have a
 * share of at least 0.6; else `mixed`.
 */
export function headRole(measures: HeadMeasures): HeadRole {
  const roles = ['previous', 'itself', 'first', 'stripes'] as const;
  const largest = roles.reduce((best, role) => (measures[role] > measures[best] ? role : best));
  if (measures[largest] >= 0.4) return largest;
  if (measures.evenness >= 0.9) return 'even';
  return measures.itself + measures.previous + measures.nearby >= 0.6 ? 'nearby' : 'mixed';
}

/**
 * Measures of one head for one sequence.
 *
 * @param weights causal, `[T][T]`
 * @throws RangeError for fewer than three tokens
 */
export function headMeasures(weights: AttentionMatrix): HeadMeasures {
  const queries = weights.length - FIRST_QUERY;
  if (queries < 1) {
    throw new RangeError(`attention weights: of ${weights.length} tokens. Expected at least 3 tokens.`);
  }
  const sums = { previous: 0, first: 0, itself: 0, nearby: 0, entropy: 0, evenness: 0, distance: 0 };
  for (let i = FIRST_QUERY; i < weights.length; i++) {
    const row = weights[i];
    let entropy = 0;
    for (let j = 0; j <= i; j++) {
      if (row[j] > 0) entropy -= row[j] * Math.log(row[j]);
      if (j > 0 && i - j >= 2 && i - j <= 4) sums.nearby += row[j];
      sums.distance += row[j] * (i - j);
    }
    sums.previous += row[i - 1];
    sums.first += row[0];
    sums.itself += row[i];
    sums.entropy += entropy;
    sums.evenness += entropy / Math.log(i + 1);
  }
  const means = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / queries]));
  const stripes = stripesOf(weights).reduce((sum, { share }) => sum + share, 0);
  return { ...(means as typeof sums), stripes };
}

/**
 * Measures every head of a model over several sequences. The model runs in evaluation mode and keeps its own mode; the event
 * loop gets a turn between batches.
 *
 * @param batches sequences of one length; a few dozen are enough. Targets are not used
 * @throws Error when there is no batch, or the model has no attention; the signal's reason when aborted
 */
export async function measureHeads(
  model: LanguageModel,
  batches: Iterable<Pick<Batch, 'inputs' | 'batch' | 'length'>>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<HeadReport[]> {
  checkOptionNames(options, ['signal']);
  const heads = new Map<string, { layer: number; head: number; all: HeadMeasures[] }>();
  for (const { inputs, batch } of batches) {
    options.signal?.throwIfAborted();
    const capture = await capturedByLanguageModel(model, inputs, batch);
    if (!capture.has('attn.0')) throw withoutAttention(model);
    for (let row = 0; row < batch; row++) {
      for (const [layer, matrices] of layersOf(capture, 'attn', row).entries()) {
        for (const [head, weights] of matrices.entries()) {
          const key = `${layer}.${head}`;
          if (!heads.has(key)) heads.set(key, { layer, head, all: [] });
          heads.get(key)!.all.push(headMeasures(weights));
        }
      }
    }
    await yieldToEventLoop();
  }
  if (heads.size === 0) throw new Error('batches: are empty. Expected at least one batch.');
  return Array.from(heads.values(), ({ layer, head, all }) => {
    const measures = meanOf(all);
    return { layer, head, ...measures, role: headRole(measures) };
  });
}

/** The measures as a table, a row per head. */
export function headTable(reports: readonly HeadReport[]): Table {
  const percent = (value: number) => `${(100 * value).toFixed(0)} %`;
  const shares = ['previous', 'itself', 'first', '2 to 4 back', 'stripes'];
  return {
    headings: ['layer', 'head', ...shares, 'entropy', 'evenness', 'distance', 'role'],
    rows: reports.map((each) => [
      String(each.layer),
      String(each.head),
      percent(each.previous),
      percent(each.itself),
      percent(each.first),
      percent(each.nearby),
      percent(each.stripes),
      each.entropy.toFixed(2),
      each.evenness.toFixed(2),
      each.distance.toFixed(1),
      each.role,
    ]),
  };
}

function meanOf(all: readonly HeadMeasures[]): HeadMeasures {
  const names = Object.keys(all[0]) as (keyof HeadMeasures)[];
  const mean = (name: keyof HeadMeasures) => all.reduce((sum, each) => sum + each[name], 0) / all.length;
  return Object.fromEntries(names.map((name) => [name, mean(name)])) as unknown as HeadMeasures;
}
