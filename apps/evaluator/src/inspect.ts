// `inspect`: what a model is made of, as PyTorch prints it and explained, from its configuration alone.
import {
  defineCommand,
  flag,
  toggle,
  oneOf,
  text,
  textTable,
  integer,
  startEngine,
  engineFlags,
  type Terminal,
} from '@lilformer/command-line';
import { explainTree, explanationTable, publishedNames } from '@lilformer/evaluation';
import { modelDefinitions, modelFromConfig, withoutWeights } from '@lilformer/models';
import { Random } from '@lilformer/random';
import { z } from 'zod';
import { configurationNamed } from './configurations.js';

const architectureNames = [...modelDefinitions().values()].flatMap(
  ({ huggingFace }) => huggingFace?.architecture ?? [],
);

export const inspectFlags = defineCommand({
  summary: 'Prints what a model is made of: its tree, and what each part costs and is for. Reads no weights.',
  examples: [
    'npx nx run evaluator:inspect -- --model gpt2',
    'npx nx run evaluator:inspect -- --model bert-base-uncased --as BertModel --tokens 128',
    'npx nx run evaluator:inspect -- --model my-gpt2 --tree',
  ],
  notes: [
    `Built in are ${publishedNames.join(', ')}.`,
    'Of parts that are alike, one is shown below their line.',
  ],
  flags: z.object({
    model: flag(
      {
        value: 'NAME',
        help: 'a published model that is built in, a folder with a config.json, or such a file',
      },
      text('a name or a folder'),
    ),
    as: flag(
      { value: 'CLASS', help: `another class of its family: ${architectureNames.join(', ')}` },
      oneOf(...architectureNames).optional(),
    ),
    tree: flag({ help: 'only the tree, as PyTorch prints it' }, toggle()),
    explain: flag({ help: 'only the explanation' }, toggle()),
    batch: flag({ value: 'N', help: 'texts side by side, for the shapes' }, integer(1).default(1)),
    tokens: flag({ value: 'N', help: 'tokens of each' }, integer(1).default(10)),
    source: flag(
      { value: 'N', help: "tokens that an encoder-decoder's encoder reads; without it as many" },
      integer(1).optional(),
    ),
    ...engineFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof inspectFlags.parse>>;

export async function inspect(flags: Flags, terminal: Terminal): Promise<void> {
  await startEngine(flags);
  const { batch, tokens, source } = flags;
  const config = await configurationNamed(flags.model);
  const model = withoutWeights(() => modelFromConfig(config, new Random(0), flags.as));
  if (!flags.explain) terminal.print(model.toString());
  if (flags.tree && !flags.explain) return;
  const parts = explainTree(model, { batch, tokens, source });
  const read = source === undefined ? '' : `, the encoder ${source}`;
  const shapes = `Outputs are for ${batch === 1 ? 'a text' : `${batch} texts`} of ${tokens} tokens${read}.`;
  terminal.print(`${flags.explain ? '' : '\n'}${textTable(explanationTable(parts))}`);
  terminal.print(`\n${shapes} Of parts that are alike, one is shown below their line.`);
}
