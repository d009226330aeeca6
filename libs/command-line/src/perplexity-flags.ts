// How perplexity is measured, as flags.
import { slidingWindows, type TokenSource } from '@lilformer/datasets';
import type { PerplexityProtocol } from '@lilformer/evaluation';
import type { LanguageModel } from '@lilformer/models';
import { flag, flagName, oneOf, integer, type FlagValues } from './flags/flag.js';

const group = 'Perplexity';

export const perplexityFlags = {
  protocol: flag(
    {
      group,
      value: 'NAME',
      help: '`each-token-once` with a sliding window, for a value comparable to published ones; `all-windows` one token apart, each from an empty context, as training validates with --windows sliding; `random-batches` of windows, for a fast estimate',
    },
    oneOf('each-token-once', 'all-windows', 'random-batches').default('each-token-once'),
  ),
  stride: flag(
    {
      group,
      value: 'N',
      help: 'tokens by which the window of each-token-once moves: 1 gives the most context and takes longest; a quarter of the context unless given',
    },
    integer(1).optional(),
  ),
  batches: flag(
    { group, value: 'N', help: 'number of random-batches: more for a better estimate; 200 unless given' },
    integer(1).optional(),
  ),
  batchSize: flag(
    { group, value: 'N', help: 'windows per batch: fewer for less memory; 32 unless given' },
    integer(1).optional(),
  ),
};

export type PerplexityFlags = FlagValues<typeof perplexityFlags>;

/**
 * The protocol for a model and a text. Windows have the length of the model's context, or 128 tokens without a limit.
 * @throws Error for a flag that the protocol does not take
 */
export function perplexityProtocol(
  { protocol, stride, batches, batchSize }: PerplexityFlags,
  model: LanguageModel,
  source: TokenSource,
  seed = 0,
): PerplexityProtocol {
  for (const [name, value, owner] of [
    ['stride', stride, 'each-token-once'],
    ['batches', batches, 'random-batches'],
  ] as const) {
    if (value === undefined || owner === protocol) continue;
    throw new Error(`${flagName(name)} ${value}: expected --protocol ${owner} with it, not ${protocol}`);
  }
  if (protocol === 'each-token-once') return { protocol, source, stride, batchSize };
  const length = Number.isFinite(model.contextLength) ? model.contextLength : 128;
  const windows = slidingWindows(source, length);
  if (protocol === 'all-windows') return { protocol, windows, batchSize };
  return { protocol, windows, batches, batchSize, seed };
}
