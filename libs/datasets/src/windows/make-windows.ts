// The windows of a run: to train on and to validate on.
import { checkOptionNames } from '@lilformer/tokenizers';
import { splitTokens, type TokenSource } from '../tokens/token-source.js';
import { chunkWindows, slidingWindows, splitWindows, type Windows } from './windows.js';

export interface MakeWindowsOptions {
  /** Tokens in a window. */
  contextLength: number;
  /** `chunks`: training windows side by side; `sliding` and `random`: at every position. Default `sliding`. */
  windows?: 'random' | 'sliding' | 'chunks';
  /** Training share where there is no separate validation text. Default 0.9. */
  split?: number;
  /**
   * `tokens`: no validation token is seen in training; `windows`: the two parts overlap by up to one window.
   * Default `tokens`.
   */
  splitBy?: 'tokens' | 'windows';
  /** Batches in an evaluation. With 0 (default), an evaluation sees each validation token once. */
  evalBatches?: number;
}

const NAMES = Object.keys({
  contextLength: true,
  windows: true,
  split: true,
  splitBy: true,
  evalBatches: true,
} satisfies Record<keyof MakeWindowsOptions, true>);

/**
 * Makes training and validation windows over the tokens of a corpus.
 * @throws TypeError for an unknown option; RangeError when a part has fewer tokens than one window and its targets
 */
export function makeWindows(
  options: MakeWindowsOptions,
  tokens: { readonly train: TokenSource; readonly valid?: TokenSource | undefined },
): { train: Windows; validation: Windows } {
  checkOptionNames(options, NAMES);
  const { contextLength, split = 0.9, splitBy = 'tokens', evalBatches = 0 } = options;
  if (!tokens.valid && splitBy === 'windows') {
    const [train, validation] = splitWindows(slidingWindows(tokens.train, contextLength), split);
    return { train, validation };
  }
  const [train, valid] = tokens.valid ? [tokens.train, tokens.valid] : splitTokens(tokens.train, split);
  const trainWindows = options.windows === 'chunks' ? chunkWindows : slidingWindows;
  const validationWindows = splitBy === 'windows' || evalBatches > 0 ? slidingWindows : chunkWindows;
  return {
    train: trainWindows(train, contextLength),
    validation: validationWindows(valid, contextLength),
  };
}
