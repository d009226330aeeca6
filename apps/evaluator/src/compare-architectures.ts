// `compare-architectures`: what sets families of transformers apart, computed from their configurations and from what small
// models of them do; and what follows from it, in words.
import {
  displayPath,
  defineCommand,
  engineFlags,
  flag,
  resolveUserPath,
  saveFigures,
  startEngine,
  text,
  textTable,
  type Terminal,
} from '@lilformer/command-line';
import {
  architectureFacts,
  architectureTable,
  attentionNote,
  kindNotes,
  type ArchitectureFacts,
  type AttentionKind,
} from '@lilformer/evaluation';
import { z } from 'zod';
import { configurationNamed } from './configurations.js';
import { figureFlags } from './flags.js';

export const compareArchitecturesFlags = defineCommand({
  summary: 'Compares architectures, by what they are made of and by what they are good for.',
  examples: [
    'npx nx run evaluator:compare-architectures -- --figures figures',
    'npx nx run evaluator:compare-architectures -- --model gpt2 --model gpt2-xl --model my-gpt2',
  ],
  flags: z.object({
    model: flag(
      {
        value: 'NAME',
        many: true,
        help: 'a published model that is built in, or a folder with a config.json; may be given several times',
      },
      z.array(text('a name or a folder')).default(['gpt2', 'bert-base-uncased', 'bart-base', 't5-small']),
    ),
    ...figureFlags,
    ...engineFlags,
  }),
});

type Flags = NonNullable<ReturnType<typeof compareArchitecturesFlags.parse>>;

export async function compareArchitectures(flags: Flags, terminal: Terminal): Promise<void> {
  await startEngine(flags);
  const models: { name: string; facts: ArchitectureFacts }[] = [];
  for (const name of flags.model) {
    models.push({ name: shortOf(name), facts: architectureFacts(await configurationNamed(name)) });
  }
  const all = models.map(({ facts }) => facts);
  terminal.print(
    textTable(
      architectureTable(
        all,
        models.map(({ name }) => name),
      ),
    ),
  );

  terminal.print('\nAttention');
  const kinds = new Set(all.flatMap(({ attention }) => attention.map(({ kind }) => kind)));
  for (const kind of kinds) terminal.print(`\n- ${whoHas(models, kind)}: ${attentionNote(kind)}`);

  terminal.print('\nWhat they are, and are good for');
  for (const kind of new Set(all.map(({ kind }) => kind))) {
    const names = models.filter(({ facts }) => facts.kind === kind).map(({ name }) => name);
    const { summary, advantages, disadvantages } = kindNotes(kind);
    terminal.print(`\n${names.join(', ')}: ${kind}`);
    terminal.print(`  ${summary}`);
    terminal.print(`  + ${advantages}`);
    terminal.print(`  - ${disadvantages}`);
  }
  if (flags.figures === undefined) return;
  const { attentionMasks } = await import('@lilformer/plots');
  const figure = attentionMasks({
    title: 'Attention masks, measured on small models',
    rows: models.map(({ name, facts }) => ({
      name,
      masks: facts.attention.map(({ where, kind, visible }) => ({ name: `${where}: ${kind}`, visible })),
    })),
  });
  const about = 'Attention masks of each architecture';
  const files = await saveFigures(
    resolveUserPath(flags.figures),
    [{ name: 'masks', about, figure }],
    flags.format,
  );
  for (const file of files) terminal.print(`\nfigure: ${displayPath(file)}`);
}

/** `encoder of bart-base, t5-small` */
function whoHas(models: readonly { name: string; facts: ArchitectureFacts }[], kind: AttentionKind): string {
  const byPlace = new Map<string, string[]>();
  for (const { name, facts } of models) {
    for (const { where } of facts.attention.filter((one) => one.kind === kind)) {
      byPlace.set(where, [...(byPlace.get(where) ?? []), name]);
    }
  }
  return [...byPlace].map(([where, names]) => `${where} of ${names.join(', ')}`).join('; ');
}

const shortOf = (name: string): string => name.replace(/\/+$/, '').split('/').at(-1)!;
