// Figures of a sweep.
import { flagName, type NamedFigure } from '@lilformer/command-line';
import { openEngine } from '@lilformer/engine';
import { attentionMaps } from '@lilformer/evaluation';
import { loadModel, type LanguageModel } from '@lilformer/models';
import { attentionLayer, barChart, lossCurves, scatterPlot, type Run } from '@lilformer/plots';
import type { Budget } from './budgets.js';
import { bestOf, validationLoss, type SettingGroup } from './by-setting.js';
import type { SweepResult } from './sweep-results.js';
import { BEST, type Sweep } from './sweep.js';

/** Number of windows that smoothing divides a training curve into. */
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
    barChart({
      title: 'Training and validation loss of every run',
      labels: results.map(({ run }) => run.name),
      series: [
        { name: 'train', values: results.map(({ last }) => last.trainLoss ?? NaN) },
        { name: 'validation', values: results.map(({ last }) => last.validationLoss) },
      ],
      valueName: 'cross entropy, nats a token',
    }),
  );
  const best = bestOf(results);
  if (results.some(({ evaluations }) => trainedAt(evaluations).length > 1)) {
    add(
      'perplexity',
      'Validation perplexity while training',
      lossCurves({
        title: 'Validation perplexity while training',
        yName: 'validation perplexity',
        logY: true,
        runs: results.map(({ run, evaluations }) => ({
          name: run.name,
          validation: curveOf(trainedAt(evaluations), ({ perplexity }) => perplexity),
        })),
      }),
    );
    const about = `${best.run.name}: training and validation loss`;
    add('best-run', about, lossCurves({ title: about, runs: [lossesOf(best.run.name, best)] }));
  }
  const most = Math.max(...results.map(({ losses }) => losses.length));
  if (most > 1) {
    const smooth = most > 2 * SMOOTHED_TO ? Math.round(most / SMOOTHED_TO) : undefined;
    add(
      'training',
      `Loss of training batches${smooth === undefined ? '' : `; bold: running mean over ${smooth} logged steps`}`,
      lossCurves({
        title: 'Loss of training batches',
        // Runs shorter than --log-every have no logged losses.
        runs: results
          .filter(({ losses }) => losses.length > 0)
          .map(({ run, losses }) => ({
            name: run.name,
            train: { x: losses.map(({ step }) => step), y: losses.map(({ loss }) => loss) },
          })),
        smooth,
      }),
    );
  }
  if (results.some(({ evaluations }) => evaluations.length > 1)) {
    for (const { setting, points } of bySetting) {
      const title = `Training and validation loss by ${flagName(setting)}`;
      add(
        `setting${flagName(setting).slice(1)}`,
        title,
        lossCurves({
          title,
          runs: points.map(({ value, result }) => lossesOf(`${flagName(setting)} ${String(value)}`, result)),
        }),
      );
    }
  }
  if (budgets.length > 0) {
    add(
      'budgets',
      'Parameters against validation loss at equal FLOPs',
      scatterPlot({
        title: 'Parameters against validation loss at equal FLOPs',
        xName: 'parameters',
        yName: 'validation loss',
        logX: true,
        connect: true,
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
      scatterPlot({
        title: 'Parameters against validation loss',
        xName: 'parameters',
        yName: 'validation loss',
        logX: true,
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

/** The evaluations after the first step, before which all runs have about the same loss; all if there are no others. */
function trainedAt(evaluations: SweepResult['evaluations']): SweepResult['evaluations'] {
  const later = evaluations.filter(({ step }) => step > 0);
  return later.length > 0 ? later : evaluations;
}

function lossesOf(name: string, { evaluations: all }: SweepResult): Run {
  const evaluations = trainedAt(all);
  const trained = evaluations.filter(({ trainLoss }) => trainLoss !== undefined);
  return {
    name,
    train: trained.length > 0 ? curveOf(trained, ({ trainLoss }) => trainLoss!) : undefined,
    validation: curveOf(evaluations, ({ validationLoss }) => validationLoss),
  };
}

const curveOf = (
  evaluations: SweepResult['evaluations'],
  value: (evaluation: SweepResult['evaluations'][number]) => number,
) => ({ x: evaluations.map(({ step }) => step), y: evaluations.map(value) });

/** Attention of each layer on the sweep's prompt, for the runs that the sweep names. */
export async function attentionFigures(
  { attention }: Sweep,
  results: readonly SweepResult[],
): Promise<NamedFigure[]> {
  if (!attention) return [];
  await openEngine();
  const figures: NamedFigure[] = [];
  const best = bestOf(results);
  const wanted = results.filter(
    (result) =>
      attention.runs.includes(result.run.name) || (result === best && attention.runs.includes(BEST)),
  );
  for (const { run, path } of wanted) {
    const { model, tokenizer } = await loadModel<LanguageModel>(path);
    const [{ tokens, layers }] = await attentionMaps(model, tokenizer!, attention.prompt);
    model.dispose();
    for (const [layer, heads] of layers.entries()) {
      const about = `${run.name}: attention of layer ${layer}`;
      figures.push({
        name: `attention-${run.folder}-layer-${layer}`,
        about,
        figure: attentionLayer({ title: about, tokens, heads }),
      });
    }
  }
  return figures;
}
