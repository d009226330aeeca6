// What attention heads do, in numbers: how much of their attention goes to which places, and how spread it is; and a rule
// that makes a word of them. Leaves out pictures (attention-map.ts gives what they are drawn from).
import type { Batch } from '@lilformer/datasets';
import type { LanguageModel } from '@lilformer/models';
import { setImmediate } from 'node:timers/promises';
import {
  attentionHeads,
  attentionLayers,
  captured,
  withoutAttention,
  type AttentionMatrix,
} from './attention-map.js';
import { stripesOf } from './stripes.js';
import type { Table } from './table.js';

/**
 * Where the attention of a head goes. All are means over the queries from the third on (before, first, previous and the token
 * itself are not three places); shares are of 1.
 */
export interface HeadMeasures {
  /** Of the token before. */
  readonly previous: number;
  /** Of the first token of the text. */
  readonly first: number;
  /** Of the token itself. */
  readonly itself: number;
  /** Of the tokens two to four places back, the first of the text not among them. */
  readonly nearby: number;
  /** Of stripes: tokens that most of those after them look back to ({@link stripesOf}). */
  readonly stripes: number;
  /** In nats; 0 where all attention is on one token. */
  readonly entropy: number;
  /** Entropy as a part of the most there could be, ln of the tokens in view: 1 where all get the same. */
  readonly evenness: number;
  /** How many places back it looks in the mean. */
  readonly distance: number;
}

/** What a head mostly does; see {@link headRole}. */
export type HeadRole = 'previous' | 'itself' | 'first' | 'stripes' | 'even' | 'nearby' | 'mixed';

/** One head of a model. */
export interface HeadReport extends HeadMeasures {
  /** From 0. */
  readonly layer: number;
  /** From 0. */
  readonly head: number;
  readonly role: HeadRole;
}

/** A share from which on it is what the head mostly does. */
const MOSTLY = 0.4;
/** Evenness from which on a head is said to look everywhere. */
const EVEN = 0.9;
/** Share of the token itself and the four before from which on a head is said to look nearby. */
const NEARBY = 0.6;

/**
 * A head's role, by this rule: the largest of the shares of the previous token, the token itself, the first token and stripes,
 * if it is at least 0.4; else `even` if the evenness is at least 0.9; else `nearby` if the token itself and the four before it
 * get at least 0.6 together; else `mixed`.
 */
export function headRole(measures: HeadMeasures): HeadRole {
  const roles = ['previous', 'itself', 'first', 'stripes'] as const;
  const largest = roles.reduce((best, role) => (measures[role] > measures[best] ? role : best));
  if (measures[largest] >= MOSTLY) return largest;
  if (measures.evenness >= EVEN) return 'even';
  return measures.itself + measures.previous + measures.nearby >= NEARBY ? 'nearby' : 'mixed';
}

/**
 * Measures of one head over one text.
 *
 * @param weights causal, [T][T]
 * @throws RangeError for a text of fewer than three tokens
 */
export function headMeasures(weights: AttentionMatrix): HeadMeasures {
  if (weights.length < FIRST_QUERY + 1) {
    throw new RangeError(
      `a text of ${weights.length} tokens: expected at least 3 to tell what a head looks at`,
    );
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
  const queries = weights.length - FIRST_QUERY;
  const stripes = stripesOf(weights).reduce((sum, stripe) => sum + stripe.share, 0);
  return {
    previous: sums.previous / queries,
    first: sums.first / queries,
    itself: sums.itself / queries,
    nearby: sums.nearby / queries,
    stripes,
    entropy: sums.entropy / queries,
    evenness: sums.evenness / queries,
    distance: sums.distance / queries,
  };
}

/** The first query that is counted. */
const FIRST_QUERY = 2;

/**
 * Measures every head of a model over texts, each counting alike. The model is run in evaluation mode and left in the mode it
 * was in; the event loop has a turn between batches.
 *
 * @param batches texts of one length; their targets are not looked at. A few dozen windows tell enough
 * @throws Error when there is no batch, or the model has no attention; the signal's reason once it is aborted
 */
export async function measureHeads(
  model: LanguageModel,
  batches: Iterable<Pick<Batch, 'inputs' | 'batch' | 'length'>>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<HeadReport[]> {
  const heads = new Map<string, { layer: number; head: number; all: HeadMeasures[] }>();
  for (const { inputs, batch, length } of batches) {
    options.signal?.throwIfAborted();
    const layers = attentionLayers(captured(model, inputs, batch, length));
    if (layers.length === 0) throw withoutAttention(model);
    for (const [layer, value] of layers.entries()) {
      for (let row = 0; row < batch; row++) {
        for (const [head, weights] of attentionHeads(value, row).entries()) {
          const key = `${layer}.${head}`;
          if (!heads.has(key)) heads.set(key, { layer, head, all: [] });
          heads.get(key)!.all.push(headMeasures(weights));
        }
      }
    }
    await setImmediate();
  }
  if (heads.size === 0) throw new Error('heads measured over no batches: give at least one');
  return Array.from(heads.values(), ({ layer, head, all }) => {
    const measures = meanOf(all);
    return { layer, head, ...measures, role: headRole(measures) };
  });
}

/** Which head does what, a row each. */
export function headTable(reports: readonly HeadReport[]): Table {
  const share = (value: number) => `${(100 * value).toFixed(0)} %`;
  const places = ['previous', 'itself', 'first', '2 to 4 back', 'stripes'];
  return {
    headings: ['layer', 'head', ...places, 'entropy', 'evenness', 'distance', 'mostly'],
    rows: reports.map((each) => [
      String(each.layer),
      String(each.head),
      share(each.previous),
      share(each.itself),
      share(each.first),
      share(each.nearby),
      share(each.stripes),
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
