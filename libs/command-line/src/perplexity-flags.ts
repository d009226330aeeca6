// Flags of the perplexity measurement.
import { slidingWindows, type TokenSource } from '@lilformer/datasets';
import type { PerplexityProtocol } from '@lilformer/evaluation';
import type { LanguageModel } from '@lilformer/models';
import { flag, integer, oneOf, type FlagValues } from './flags/flag.js';

const group = 'Perplexity';

export const perplexityFlags = {
  protocol: flag(
    {
      group,
      value: 'NAME',
      help: '`each-token-once`, with as much context as fits; `all-windows` one token apart, each from an empty context; or the mean of some `random-batches` of windows',
    },
    oneOf('each-token-once', 'all-windows', 'random-batches').default('each-token-once'),
  ),
  stride: flag(
    {
      group,
      value: 'N',
      help: 'tokens between windows of each-token-once; default: a quarter of the context',
      when: 'Lower it for a more exact perplexity, 1 for the exact one; it takes longer.',
    },
    integer(1).optional(),
  ),
  batches: flag({ group, value: 'N', help: 'number of random batches' }, integer(1).default(200)),
  batchSize: flag({ group, value: 'N', help: 'windows per batch' }, integer(1).default(32)),
};

export type PerplexityFlags = FlagValues<typeof perplexityFlags>;

/** The protocol for a model and a text. Windows have the model's context length, or 128 without a limit. */
export function perplexityProtocol(
  { protocol, stride, batches, batchSize }: PerplexityFlags,
  model: LanguageModel,
  source: TokenSource,
  seed = 0,
): PerplexityProtocol {
  const length = Number.isFinite(model.contextLength) ? model.contextLength : 128;
  switch (protocol) {
    case 'each-token-once': {
      const context = Math.min(length, Math.max(1, source.length - 1));
      return { protocol, source, stride: stride ?? Math.max(1, Math.floor(context / 4)), batchSize };
    }
    case 'all-windows':
      return { protocol, windows: slidingWindows(source, length), batchSize };
    case 'random-batches':
      return { protocol, windows: slidingWindows(source, length), batches, batchSize, seed };
  }
}
