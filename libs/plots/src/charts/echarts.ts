// The parts of Apache ECharts that figures use. The build bundles them into this module, so that the package installs without
// the rest of ECharts.
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, ScatterChart, GridComponent, SVGRenderer]);

/** Renders an ECharts option to an SVG document. */
export function renderChart(
  { width, height }: { width: number; height: number },
  option: Readonly<Record<string, unknown>>,
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(option satisfies EChartsCoreOption);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
