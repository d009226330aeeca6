// Gate activations of a GRU, token by token.
import type { CapturedValue } from '@lilformer/layers';
import type { LanguageModel } from '@lilformer/models';
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { capturedByLanguageModel } from './attention/attention-maps.js';
import { promptIds } from './tokens/prompt-ids.js';
import { visibleToken } from './tokens/visible-token.js';

/** One gate over a sequence. */
export interface Gate {
  /** `[T][H]`: a row per token, a column per unit. */
  readonly values: readonly (readonly number[])[];
  /** Mean over the units, per token. */
  readonly mean: readonly number[];
}

/** The gates of a GRU over a sequence. */
export interface GruGates {
  /** The tokens with visible white space. */
  readonly tokens: readonly string[];
  /**
   * Per layer: the reset gate r (0 to 1), the update gate z (0 to 1; the share of the old state that stays), and the new
   * content n (-1 to 1).
   */
  readonly layers: readonly { readonly r: Gate; readonly z: Gate; readonly n: Gate }[];
}

/**
 * The gates of every layer for a text, from an empty state.
 *
 * @throws Error when the text is empty, an id is unknown, or the model has no gates
 */
export async function gruGates(model: LanguageModel, tokenizer: Tokenizer, text: Prompt): Promise<GruGates> {
  const ids = promptIds(model, tokenizer, text);
  const capture = await capturedByLanguageModel(model, ids);
  const layers: GruGates['layers'][number][] = [];
  for (let layer = 0; capture.has(`gate.r.${layer}`); layer++) {
    const gate = (name: string) => gateOf(capture.get(`gate.${name}.${layer}`)!);
    layers.push({ r: gate('r'), z: gate('z'), n: gate('n') });
  }
  if (layers.length === 0) throw new Error(`${model.constructor.name}: has no gates. Expected a GRU.`);
  return { tokens: ids.map((id) => visibleToken(tokenizer, id)), layers };
}

function gateOf({ shape, data }: CapturedValue): Gate {
  const [, tokens, units] = shape;
  const values = Array.from({ length: tokens }, (_, t) =>
    Array.from(data.subarray(t * units, (t + 1) * units)),
  );
  return { values, mean: values.map((row) => row.reduce((sum, each) => sum + each, 0) / units) };
}
