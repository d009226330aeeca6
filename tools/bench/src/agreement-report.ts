// Results of the comparison with PyTorch training.
import { describeCircumstances, type Circumstances } from './machine.js';
import { digits, table } from './table.js';

export interface Agreement {
  /** The preset. */
  readonly name: string;
  readonly parameters: number;
  readonly steps: number;
  /** Perplexity protocol. */
  readonly protocol: string;
  /** Perplexities after the last step. */
  readonly ours: number;
  readonly pytorch: number;
  readonly pytorchSeconds: number;
  readonly torch: string;
}

export interface AgreementResults extends Circumstances {
  /** Description of the engine. */
  readonly ours: string;
  readonly rows: Agreement[];
}

export function agreementMarkdown(results: AgreementResults): string {
  const [first] = results.rows;
  const rows = results.rows.map(({ name, parameters, steps, ours, pytorch }) => [
    name,
    parameters.toLocaleString('en'),
    steps.toLocaleString('en'),
    digits(ours),
    digits(pytorch),
    `${(100 * (ours / pytorch - 1)).toFixed(1)} %`.replace('-', '−'),
  ]);
  const protocols = new Map<string, string[]>();
  for (const { name, protocol } of results.rows) {
    protocols.set(protocol, [...(protocols.get(protocol) ?? []), name]);
  }
  const measured = Array.from(protocols, ([protocol, names]) => `${protocol} (${names.join(', ')})`).join(
    '; ',
  );
  return [
    '# The same training in PyTorch',
    describeCircumstances(results),
    `Perplexity of models trained with the same initial weights, windows and settings by lilformer (${results.ours}) and ` +
      `torch ${first?.torch ?? '–'}, both measured by lilformer: ${measured || '–'}.`,
    table(['model', 'parameters', 'steps', 'lilformer', 'PyTorch', 'difference'], rows),
    `    ${results.command}`,
  ].join('\n\n');
}
