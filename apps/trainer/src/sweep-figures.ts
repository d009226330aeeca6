// The figures of a sweep, from its numbers.
import { RunFolder } from '@lilformer/checkpoints';
import { flagOf, type NamedFigure } from '@lilformer/command-line';
import { openEngine } from '@lilformer/engine';
import { attentionMap } from '@lilformer/evaluation';
import {
  attentionLayer,
  bars,
  hyperparameterPanels,
  lossCurves,
  parametersAgainstLoss,
} from '@lilformer/plots';
import { tokenizerFromJSON } from '@lilformer/tokenizers';
import { modelFromRun } from '@lilformer/training';
import type { Budget } from './budgets.js';
import { validationLoss, type SettingGroup } from './by-setting.js';
import type { SweepResult } from './sweep-results.js';
import { BEST, type Sweep } from './sweep.js';

/** Points that a smoothed curve of training losses takes together, of about this many. */
const SMOOTHED_TO = 60;

export function figuresOf(
  results: readonly SweepResult[],
  bySetting: readonly SettingGroup[],
  budgets: readonly Budget[],
): NamedFigure[] {
  const figures: NamedFigure[] = [];
  const add = (name: string, about: string, figure: NamedFigure['figure']) =>
    figures.push({ name, about, figure });
  add(
    'losses',
    'Training and validation loss of every run',
    bars({
      title: 'Training and validation loss of every run',
      labels: results.map(({ run }) => run.name),
      series: [
        { name: 'train', values: results.map(({ last }) => last.trainLoss ?? NaN) },
        { name: 'validation', values: results.map(({ last }) => last.validationLoss) },
      ],
      valueName: 'cross entropy, nats a token',
    }),
  );
  if (results.some(({ evaluations }) => evaluations.length > 1)) {
    add(
      'perplexity',
      'Validation perplexity while training',
      lossCurves({
        title: 'Validation perplexity while training',
        yName: 'validation perplexity',
        logY: true,
        runs: results.map(({ run, evaluations }) => ({
          name: run.name,
          validation: {
            x: evaluations.map(({ step }) => step),
            y: evaluations.map(({ perplexity }) => perplexity),
          },
        })),
      }),
    );
  }
  const most = Math.max(...results.map(({ losses }) => losses.length));
  if (most > 1) {
    add(
      'training',
      'Loss of training batches',
      lossCurves({
        title: 'Loss of training batches',
        // A run of fewer steps than lie between two lines of its log has none.
        runs: results
          .filter(({ losses }) => losses.length > 0)
          .map(({ run, losses }) => ({
            name: run.name,
            train: { x: losses.map(({ step }) => step), y: losses.map(({ loss }) => loss) },
          })),
        smooth: most > 2 * SMOOTHED_TO ? Math.round(most / SMOOTHED_TO) : undefined,
      }),
    );
  }
  if (bySetting.length > 0 && results.some(({ evaluations }) => evaluations.length > 1)) {
    add(
      'settings',
      'The effect of each setting on training and validation loss',
      hyperparameterPanels({
        title: 'The effect of each setting',
        groups: bySetting.map(({ setting, points }) => ({
          name: flagOf(setting),
          runs: points.map(({ value, result: { run, evaluations: all } }) => {
            const evaluations = afterTheStart(all);
            const trained = evaluations.filter(({ trainLoss }) => trainLoss !== undefined);
            return {
              name: run.name,
              value: run.name.endsWith(`=${String(value)}`) ? undefined : String(value),
              train: { x: trained.map(({ step }) => step), y: trained.map(({ trainLoss }) => trainLoss!) },
              validation: {
                x: evaluations.map(({ step }) => step),
                y: evaluations.map(({ validationLoss }) => validationLoss),
              },
            };
          }),
        })),
      }),
    );
  }
  if (budgets.length > 0) {
    add(
      'budgets',
      'Parameters against validation loss, the same computation along each line',
      parametersAgainstLoss({
        title: 'The same computation along each line',
        joined: true,
        points: budgets.flatMap(({ name, results }) =>
          results.map((result) => ({
            name: '',
            group: name,
            x: result.parameters,
            y: validationLoss(result),
          })),
        ),
      }),
    );
  } else if (new Set(results.map(({ parameters }) => parameters)).size > 1) {
    add(
      'parameters',
      'Parameters against validation loss',
      parametersAgainstLoss({
        title: 'Parameters against validation loss',
        points: results.map((result) => ({
          name: result.run.name,
          x: result.parameters,
          y: validationLoss(result),
        })),
      }),
    );
  }
  return figures;
}

/** Before the first step all runs guess alike; next to that their differences would not show. */
function afterTheStart(evaluations: SweepResult['evaluations']): SweepResult['evaluations'] {
  const later = evaluations.filter(({ step }) => step > 0);
  return later.length > 1 ? later : evaluations;
}

/** The heads of each layer of the runs that the sweep names, on its prompt. */
export async function attentionFigures(
  { attention }: Sweep,
  results: readonly SweepResult[],
): Promise<NamedFigure[]> {
  if (!attention) return [];
  await openEngine();
  const figures: NamedFigure[] = [];
  const best = results.reduce((best, result) =>
    validationLoss(result) < validationLoss(best) ? result : best,
  );
  const wanted = results.filter(
    (result) =>
      attention.runs.includes(result.run.name) || (result === best && attention.runs.includes(BEST)),
  );
  for (const { run, path } of wanted) {
    const folder = await RunFolder.open(path);
    const model = await modelFromRun(folder);
    const { tokens, layers } = attentionMap(model, tokenizerFromJSON(folder.tokenizer), attention.prompt);
    model.dispose();
    for (const [layer, { heads }] of layers.entries()) {
      const about = `${run.name}: what the heads of layer ${layer} look at`;
      figures.push({
        name: `attention-${run.folder}-layer-${layer}`,
        about,
        figure: attentionLayer({ title: about, tokens, heads }),
      });
    }
  }
  return figures;
}
