// How perplexity is measured, as flags: the protocol and its numbers.
import { slidingWindows, type TokenSource } from '@lilformer/datasets';
import type { PerplexityProtocol } from '@lilformer/evaluation';
import type { LanguageModel } from '@lilformer/models';
import { flag, oneOf, whole, type FlagValues } from './schema.js';

/** Flags that say how perplexity is measured. */
export const protocolFlags = {
  protocol: flag(
    {
      group: 'Perplexity',
      value: 'NAME',
      help: '`each-token-once`, with as much context as fits; `all-windows` one token apart, each from an empty context; or the mean of some `random-batches` of windows',
    },
    oneOf('each-token-once', 'all-windows', 'random-batches').default('each-token-once'),
  ),
  stride: flag(
    {
      group: 'Perplexity',
      value: 'N',
      help: 'tokens by which the window of each-token-once moves on: 1 gives each the most context, and takes longest; default a quarter of the context',
    },
    whole(1).optional(),
  ),
  batches: flag({ group: 'Perplexity', value: 'N', help: 'how many random batches' }, whole(1).default(200)),
  batchSize: flag({ group: 'Perplexity', value: 'N', help: 'windows at a time' }, whole(1).default(32)),
};

export type ProtocolFlags = FlagValues<typeof protocolFlags>;

/** The protocol for one model and text; windows are as long as the model's context, or 128 where it has no end. */
export function protocolOf(
  { protocol, stride, batches, batchSize }: ProtocolFlags,
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
