export { barChart, type BarChartOptions } from './charts/bar-chart.js';
export { heatMap, type HeatMapOptions } from './charts/heat-map.js';
export { lossCurves, type LossCurvesOptions, type Run } from './charts/loss-curves.js';
export { scatterPlot, type ScatterPlotOptions } from './charts/scatter-plot.js';
export type { Curve } from './charts/xy-panel.js';
export type { Matrix } from './charts/heat-panel.js';
export {
  attentionAverages,
  attentionHead,
  attentionLayer,
  attentionModel,
  type AttentionOptions,
} from './attention/figures.js';
export { attentionMasks, type AttentionMasksOptions } from './attention/masks.js';
export { attentionPage, type AttentionPageOptions } from './attention/page.js';
export { Figure, type PngSize } from './drawing/figure.js';
export type { FigureOptions } from './drawing/frame.js';
export { visibleToken } from './drawing/text.js';
