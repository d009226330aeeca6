// The table of the agreement with PyTorch.
import { describeCircumstances, type Circumstances } from './machine.js';
import { digits, table } from './table.js';

/** One model, trained by both sides. */
export interface Agreement {
  /** The preset. */
  readonly name: string;
  readonly parameters: number;
  readonly steps: number;
  /** How both were measured. */
  readonly protocol: string;
  /** Perplexities after the last step. */
  readonly ours: number;
  readonly pytorch: number;
  /** How long PyTorch trained. */
  readonly pytorchSeconds: number;
  readonly torch: string;
}

/** What is kept. */
export interface AgreementResults extends Circumstances {
  /** The engine, in words. */
  readonly ours: string;
  readonly rows: Agreement[];
}

/** The table, and what it has to be read with. */
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
    '# The same training by PyTorch',
    describeCircumstances(results),
    `Each model was trained from the same first weights, on the same windows and with the same settings, by lilformer ` +
      `(${results.ours}) and by torch ${first?.torch ?? '–'}; then both were measured here: ${measured || '–'}.`,
    table(['model', 'parameters', 'steps', 'lilformer', 'PyTorch', 'difference'], rows),
    `    ${results.command}`,
  ].join('\n\n');
}
