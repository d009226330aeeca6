// A trained model out of a run folder, to sample from or to look into. Going on with its training is
// train.ts's business, which takes the whole state.
import type { RunFolder } from '@lilformer/checkpoints';
import { withoutWeights } from '@lilformer/layers';
import { createModel, type AnyModelConfig, type LanguageModel } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { MODEL_ARRAYS } from './run.js';

/**
 * Builds the model that `config.model` of the folder's config.json describes, in evaluation mode.
 *
 * @param options.weights `'best'` (the default): those of the best evaluation, or the last saved ones before the
 *   first evaluation; `'last'`: those the run would go on with
 * @throws Error when the folder describes no model, or holds no weights yet
 */
export async function modelFromRun(
  folder: RunFolder,
  { weights = 'best' }: { weights?: 'best' | 'last' } = {},
): Promise<LanguageModel> {
  const config = (folder.config as { model?: AnyModelConfig } | null)?.model;
  if (config === undefined) {
    throw new Error(`${folder.path}: its config.json describes no model; expected one under "model"`);
  }
  const last = async () => {
    const saved = await folder.loadState();
    return (
      saved &&
      new Map(
        [...saved.tensors].flatMap(([name, array]) =>
          name.startsWith(MODEL_ARRAYS) ? [[name.slice(MODEL_ARRAYS.length), array]] : [],
        ),
      )
    );
  };
  const best = weights === 'best' ? (await folder.loadBest())?.tensors : undefined;
  const arrays = best ?? (await last());
  if (!arrays) {
    throw new Error(
      `${folder.path}: holds no weights yet; its training has not come to its first checkpoint`,
    );
  }
  const model = withoutWeights(() => createModel(config, new Random(0)));
  model.loadStateDict(arrays);
  return model.eval();
}
