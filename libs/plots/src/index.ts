export { bars, type BarSeriesInput, type BarsOptions } from './bars.js';
export type { Numbers } from './check.js';
export { Figure, type PngSize } from './figure.js';
export type { FigureOptions } from './frame.js';
export { visibleToken } from './text.js';
export {
  costByContext,
  lossByPosition,
  type CostByContextOptions,
  type LossByPositionOptions,
} from './by-context.js';
export type { Curve } from './curve-panel.js';
export { lossCurves, type LossCurvesOptions, type Run } from './curves.js';
export { hyperparameterPanels, type HyperparameterOptions } from './hyperparameters.js';
export { parametersAgainstLoss, type ScatterOptions, type ScatterPoint } from './scatter.js';
export {
  attentionAverages,
  attentionHead,
  attentionLayer,
  attentionModel,
  type AttentionAveragesOptions,
  type AttentionHeadOptions,
  type AttentionLayerOptions,
  type AttentionModelOptions,
  type AttentionOptions,
} from './attention.js';
export { attentionMasks, type AttentionMask, type AttentionMasksOptions } from './attention-masks.js';
export { gruGates, gruStep, type GruGatesOptions, type GruStepOptions } from './gru.js';
export { heatMap, type HeatMapOptions } from './heat-map.js';
export type { Matrix } from './heat-panel.js';
export {
  nextTokens,
  samplingFilters,
  tokenFrequencies,
  type NextTokensOptions,
  type SamplingFiltersOptions,
  type TokenFrequenciesOptions,
} from './tokens.js';
export { attentionPage, type AttentionPageOptions } from './attention-page.js';
