// The settings of `train --from`: the model, its config and its tokenizer are those of a trained model.
import { flagName } from '@lilformer/command-line';
import type { ModelConfig } from '@lilformer/models';
import { fieldsOf, modelFlags } from './model-settings.js';
import { resolveSettings, type Settings } from './settings.js';

/** The default learning rate for weights whose own learning rate is unknown, as in transformers. */
export const FINE_TUNING_RATE = 5e-5;
/** The default context length for a model of a longer one: batches of long windows take much memory. */
export const FINE_TUNING_LENGTH = 128;

/** What a trained model determines. */
interface Source {
  /** The source as it was typed. */
  readonly from: string;
  readonly config: ModelConfig;
  /** The longest sequence of the model. */
  readonly contextLength: number;
  /** The learning rate that the model was trained with, if its source records it. */
  readonly learningRate: number | undefined;
}

/**
 * The settings of a run that starts from a trained model.
 * @param typed settings of the command line
 * @throws Error with one line per mistake
 */
export function resolveFineTuning(
  typed: Readonly<Record<string, string>>,
  { from, config, contextLength, learningRate = 10 * FINE_TUNING_RATE }: Source,
): Settings {
  const fields = fieldsOf(config.type);
  const { settings } = resolveSettings(typed, {
    ...Object.fromEntries(Object.entries(config).filter(([name]) => fields.includes(name))),
    model: config.type,
    tokenizer: from,
    contextLength: Math.min(contextLength, FINE_TUNING_LENGTH),
    learningRate: learningRate / 10,
    evalAtStart: true,
  });
  if (settings.contextLength > contextLength) {
    throw new Error(
      `--context-length: ${settings.contextLength}. Expected at most ${contextLength}, the context length of ${from}.`,
    );
  }
  return settings;
}

/**
 * Checks the flags of `train --from` before the source is read, and returns those settings that do not depend on it.
 * @throws Error with one line per mistake
 */
export function checkFineTuning(from: string, typed: Readonly<Record<string, string>>): Settings {
  const fixed = ['model', 'vocabSize', 'unkToken', ...Object.keys(modelFlags())];
  const mistakes = Object.keys(typed)
    .filter((name) => fixed.includes(name))
    .map(
      (name) =>
        `${flagName(name)}: would change the model of --from ${from}. Expected no settings of the model or its vocabulary.`,
    );
  if (['bpe', 'char', 'bpe-whitespace', 'compact-gpt2'].includes(typed.tokenizer)) {
    mistakes.push(
      `--tokenizer: ${typed.tokenizer} makes a new vocabulary. Expected with --from the tokenizer.json that the model was trained with, or no --tokenizer.`,
    );
  }
  if (typed.data === undefined) mistakes.push('--data: missing with --from. Expected the text to train on.');
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  return resolveFineTuning(typed, {
    ...{ from, contextLength: Infinity, learningRate: undefined },
    config: { type: 'bigram' },
  });
}
