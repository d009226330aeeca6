// `compare-architectures`: facts of several architectures, computed from their configs and from small models.
import {
  jsonFlags,
  defineCommand,
  engineFlags,
  flag,
  startEngine,
  text,
  textTable,
  type Terminal,
} from '@lilformer/command-line';
import { architectureFacts, architectureTable, type ArchitectureFacts } from '@lilformer/evaluation';
import { z } from 'zod';
import { figureFlags, writeFigures } from '../flags.js';
import { configurationNamed } from './configurations.js';
import { ARCHITECTURES, ATTENTION, OBJECTIVES } from './notes.js';

export const compareArchitecturesFlags = defineCommand({
  summary: 'Compares architectures: sizes, attention, positions, norms, activations.',
  examples: [
    'npx lilformer compare-architectures --figures figures',
    'npx lilformer compare-architectures --model gpt2 --model gpt2-xl --model my-gpt2',
  ],
  flags: z.object({
    model: flag(
      {
        value: 'NAME',
        many: true,
        help: 'a built-in model, or a folder with a config.json; may be given several times',
      },
      z.array(text('a name or a folder')).default(['gpt2', 'bert-base-uncased', 'bart-base', 't5-small']),
    ),
    ...figureFlags,
    ...engineFlags,
    ...jsonFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof compareArchitecturesFlags.parse>>;
type Named = { readonly name: string; readonly facts: ArchitectureFacts };

export async function compareArchitectures(flags: Flags, terminal: Terminal): Promise<void> {
  await startEngine(flags);
  const models: Named[] = [];
  for (const model of flags.model) {
    const name = model.replace(/\/+$/, '').split('/').at(-1)!;
    models.push({ name, facts: await architectureFacts(await configurationNamed(model)) });
  }
  for (const { name, facts } of models) terminal.json({ ...facts, name });
  const all = models.map(({ facts }) => facts);
  const { headings, rows } = architectureTable(
    all,
    models.map(({ name }) => name),
  );
  const objectives = ['training objective', ...all.map(({ family }) => OBJECTIVES[family] ?? '')];
  terminal.print(textTable({ headings, rows: [...rows, objectives] }));

  terminal.print('\nAttention');
  for (const kind of new Set(all.flatMap(({ attention }) => attention.map(({ kind }) => kind)))) {
    terminal.print(`\n- ${withAttention(models, kind)}: ${ATTENTION[kind]}`);
  }
  for (const kind of new Set(all.map(({ kind }) => kind))) {
    const names = models.filter(({ facts }) => facts.kind === kind).map(({ name }) => name);
    terminal.print(
      `\n${names.join(', ')}: ${kind}\n${ARCHITECTURES[kind].map((line) => `  ${line}`).join('\n')}`,
    );
  }
  await writeFigures(
    flags,
    async () => {
      const { attentionMasks } = await import('@lilformer/plots');
      const figure = attentionMasks({
        title: 'Attention masks, as measured on small models',
        rows: models.map(({ name, facts }) => ({
          name,
          masks: facts.attention.map(({ where, kind, visible }) => ({ name: `${where}: ${kind}`, visible })),
        })),
      });
      return [{ name: 'masks', about: 'Attention masks of each architecture', figure }];
    },
    terminal,
  );
}

/** `encoder of bart-base, t5-small` */
function withAttention(models: readonly Named[], kind: keyof typeof ATTENTION): string {
  const stacks = new Map<string, string[]>();
  for (const { name, facts } of models) {
    for (const { where } of facts.attention.filter((one) => one.kind === kind)) {
      stacks.set(where, [...(stacks.get(where) ?? []), name]);
    }
  }
  return [...stacks].map(([where, names]) => `${where} of ${names.join(', ')}`).join('; ');
}
