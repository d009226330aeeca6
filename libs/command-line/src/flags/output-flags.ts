// `--config` and `--quiet` of every command, and `--json` of those that report values.
import type { OutputMode } from '../output/terminal.js';
import { flag, text, toggle } from './flag.js';

/** Flags of every command. */
export const commonFlags = {
  config: flag(
    {
      group: 'Configuration and output',
      value: 'FILE',
      help: 'settings from a JSON file, such as {"batchSize": 8}, or from a run\'s config.json; flags override them',
    },
    text('a file').optional(),
  ),
  quiet: flag({ group: 'Configuration and output', help: 'only results and errors' }, toggle()),
};

/** The flag of commands that report values. */
export const jsonFlags = {
  json: flag(
    { group: 'Configuration and output', help: 'results as JSON on standard output, one value a line' },
    toggle(),
  ),
};

/** The output that the arguments ask for. */
export function outputMode(args: readonly string[]): OutputMode {
  // Help is text, whatever comes with it.
  if (args.includes('--help') || args.includes('-h')) return 'all';
  if (args.includes('--json')) return 'json';
  return args.includes('--quiet') ? 'results' : 'all';
}
