// What the gates of a GRU do while it reads a text, token by token. Leaves out the arithmetic of a step (gru-step.ts has a
// small one to try).
import type { CapturedValue, LanguageModel } from '@lilformer/models';
import type { Prompt } from '@lilformer/sampling';
import type { Tokenizer } from '@lilformer/tokenizers';
import { captured } from './attention-map.js';
import { promptIds } from './prompt-ids.js';
import { visibleToken } from './visible-token.js';

/** One gate over a text. */
export interface Gate {
  /** Its values [T][H]: a row a token, a column a unit. */
  readonly values: readonly (readonly number[])[];
  /** The mean of the units at each token. */
  readonly mean: readonly number[];
}

/** The gates of one layer. */
export interface GateLayer {
  /** Reset, 0 to 1: how much of the state the new content sees. */
  readonly r: Gate;
  /** Update, 0 to 1: how much of the state stays. */
  readonly z: Gate;
  /** New content, -1 to 1. */
  readonly n: Gate;
}

/** The gates of a GRU over a text. */
export interface GateMap {
  readonly ids: readonly number[];
  /** The tokens with visible white space, for axes. */
  readonly tokens: readonly string[];
  readonly layers: readonly GateLayer[];
}

/**
 * The gates of every layer while the model reads a text from an empty state.
 *
 * @throws Error when the text is empty, holds ids that the model does not know, or the model has no gates
 */
export function gateMap(model: LanguageModel, tokenizer: Tokenizer, text: Prompt): GateMap {
  const ids = promptIds(model, tokenizer, text);
  const capture = captured(model, Int32Array.from(ids), 1, ids.length);
  const layers: GateLayer[] = [];
  for (let layer = 0; capture.has(`gate.r.${layer}`); layer++) {
    const gate = (name: string) => gateOf(capture.get(`gate.${name}.${layer}`)!);
    layers.push({ r: gate('r'), z: gate('z'), n: gate('n') });
  }
  if (layers.length === 0) throw new Error(`${model.constructor.name} has no gates: expected a GRU`);
  return { ids, tokens: ids.map((id) => visibleToken(tokenizer, id)), layers };
}

function gateOf({ shape, data }: CapturedValue): Gate {
  const [, tokens, units] = shape;
  const values = Array.from({ length: tokens }, (_, t) =>
    Array.from(data.subarray(t * units, (t + 1) * units)),
  );
  return { values, mean: values.map((row) => row.reduce((sum, each) => sum + each, 0) / units) };
}
