// `inspect`: the module tree of a model, as PyTorch prints it and with parameters, shapes and purposes.
import {
  jsonFlags,
  defineCommand,
  engineFlags,
  flag,
  integer,
  oneOf,
  startEngine,
  text,
  textTable,
  toggle,
  type Terminal,
} from '@lilformer/command-line';
import { explainTree, partTable } from '@lilformer/evaluation';
import { modelDefinitions } from '@lilformer/models';
import { z } from 'zod';
import { modelWithoutWeights } from './configurations.js';
import { purposeOf } from './part-purposes.js';
import { publishedNames } from './published-configs.js';

const architectures = [...modelDefinitions().values()].flatMap(
  ({ huggingFace }) => huggingFace?.architecture ?? [],
);

export const inspectFlags = defineCommand({
  summary:
    'Prints the module tree of a model, with parameters, output shapes and purposes. Reads no weights.',
  examples: [
    'npx lilformer inspect --model gpt2',
    'npx lilformer inspect --model runs/stories-1',
    'npx lilformer inspect --model bert-base-uncased --as BertModel --tokens 128',
    'npx lilformer inspect --model my-gpt2 --tree',
  ],
  notes: [`Built in are ${publishedNames.join(', ')}.`, 'Of equal modules in a list, one is shown.'],
  flags: z.object({
    model: flag(
      {
        value: 'NAME',
        help: "a run folder, a folder in Hugging Face's format, its config.json, or a built-in model",
      },
      text('a name or a folder'),
    ),
    as: flag(
      { value: 'CLASS', help: `another architecture of its model type: ${architectures.join(', ')}` },
      oneOf(...architectures).optional(),
    ),
    tree: flag({ help: 'only the tree, as PyTorch prints it' }, toggle()),
    explain: flag({ help: 'only the table' }, toggle()),
    batch: flag({ value: 'N', help: 'batch size of the shapes' }, integer(1).default(1)),
    tokens: flag({ value: 'N', help: 'sequence length of the shapes' }, integer(1).default(10)),
    source: flag(
      { value: 'N', help: "sequence length of an encoder-decoder's encoder; that of --tokens unless given" },
      integer(1).optional(),
    ),
    ...engineFlags,
    ...jsonFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof inspectFlags.parse>>;

export async function inspect(flags: Flags, terminal: Terminal): Promise<void> {
  await startEngine(flags);
  const { batch, tokens, source } = flags;
  const model = await modelWithoutWeights(flags.model, flags.as);
  if (!flags.explain) terminal.print(model.toString());
  if (flags.tree && !flags.explain) return;
  const parts = explainTree(model, { batch, tokens, source });
  const purposes = parts.map(purposeOf);
  parts.forEach((part, i) => terminal.json({ ...part, module: undefined, purpose: purposes[i] }));
  const { headings, rows } = partTable(parts);
  const table = {
    headings: [...headings.slice(0, -1), 'purpose'],
    rows: rows.map((cells, i) => {
      const shared = parts[i].sharedWith;
      const purpose = purposes[i];
      return [
        ...cells.slice(0, -1),
        shared === undefined ? purpose : `${purpose}; shares weights of ${shared}`,
      ];
    }),
  };
  terminal.print(`${flags.explain ? '' : '\n'}${textTable(table)}`);
  const encoder = source === undefined ? '' : `, ${source} of the encoder`;
  terminal.print(
    `\nShapes are for a batch of ${batch} with ${tokens} tokens${encoder}. Of equal modules, one is shown.`,
  );
}
