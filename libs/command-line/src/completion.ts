// Completion scripts for shells, from the schemas of commands: names of commands and flags, and values that are listed.
import type { z } from 'zod';
import { describeFlags, flagName } from './flags/flag.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** A command to complete. */
export interface CompletedCommand {
  /** One word, or two. */
  readonly name: string;
  readonly about: string;
  readonly schema: z.ZodObject;
}

/** The script that completes `program` in a shell. */
export function completionScript(
  shell: Shell,
  program: string,
  commands: readonly CompletedCommand[],
): string {
  if (shell === 'fish') return fishScript(program, commands);
  const script = bashScript(program, commands);
  return shell === 'bash' ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`;
}

interface CompletedFlag {
  /** With dashes. */
  readonly name: string;
  readonly hasValue: boolean;
  readonly choices: readonly string[];
  readonly help: string;
}

function flagsOf({ schema }: CompletedCommand): CompletedFlag[] {
  const flags = [...describeFlags(schema)].map(([setting, { value, choices, help }]) => ({
    name: flagName(setting),
    hasValue: value !== undefined,
    choices: choices ?? choicesOf(schema.shape[setting] as z.ZodType),
    help,
  }));
  return [...flags, { name: '--help', hasValue: false, choices: [], help: 'prints all flags' }];
}

/** The values of an enumeration or a boolean; none for another schema. */
function choicesOf(schema: z.ZodType): readonly string[] {
  const { type, entries, innerType, element, out } = schema.def as {
    readonly type: string;
    readonly entries?: Readonly<Record<string, string>>;
    readonly innerType?: z.ZodType;
    readonly element?: z.ZodType;
    readonly out?: z.ZodType;
  };
  if (entries) return Object.values(entries);
  if (type === 'boolean') return ['true', 'false'];
  const inner = innerType ?? element ?? out;
  return inner ? choicesOf(inner) : [];
}

/** First words, each with the second words of its commands. */
function wordTree(commands: readonly CompletedCommand[]): Map<string, string[]> {
  const tree = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first, second] = name.split(' ');
    tree.set(first, [...(tree.get(first) ?? []), ...(second === undefined ? [] : [second])]);
  }
  return tree;
}

function bashScript(program: string, commands: readonly CompletedCommand[]): string {
  const tree = wordTree(commands);
  const groups = [...tree].filter(([, seconds]) => seconds.length > 0);
  const values = commands.flatMap((command) =>
    flagsOf(command).flatMap(({ name, hasValue, choices }) =>
      hasValue ? [`    '${command.name} ${name}') words='${choices.join(' ')}' ;;`] : [],
    ),
  );
  const flags = commands.map((command) => {
    const names = flagsOf(command).map(({ name }) => name);
    return `      '${command.name}') words='${names.join(' ')}' ;;`;
  });
  const functionName = `_${program.replaceAll('-', '_')}`;
  // A flag whose values are not listed completes to nothing, for which the shell offers files.
  return `${functionName}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words='' at=1
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  case "$command" in
${groups.map(([first]) => `    ${first}) at=2; (( COMP_CWORD > 1 )) && command="$command \${COMP_WORDS[2]}" ;;`).join('\n')}
  esac
  if (( COMP_CWORD == 1 )); then words='${[...tree.keys()].join(' ')}'
  elif (( COMP_CWORD == at )); then
    case "\${COMP_WORDS[1]}" in
${groups.map(([first, seconds]) => `      ${first}) words='${seconds.join(' ')}' ;;`).join('\n')}
    esac
  else case "$command $prev" in
${values.join('\n')}
    *) case "$command" in
${flags.join('\n')}
    esac ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F ${functionName} ${program}
`;
}

function fishScript(program: string, commands: readonly CompletedCommand[]): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const using = `__${program.replaceAll('-', '_')}_using`;
  const complete = `complete -c ${program}`;
  const abouts = new Map(commands.map(({ name, about }) => [name, about]));
  const words = [...wordTree(commands)].flatMap(([first, seconds]) => [
    `${complete} -f -n "test (count (commandline -opc)) -eq 1" -a ${first} -d ${quote(abouts.get(first) ?? '')}`,
    ...seconds.map((second) => {
      const about = quote(abouts.get(`${first} ${second}`) ?? '');
      return `${complete} -f -n "test (count (commandline -opc)) -eq 2; and ${using} ${first}" -a ${second} -d ${about}`;
    }),
  ]);
  const flags = commands.flatMap((command) =>
    flagsOf(command).map(({ name, hasValue, choices, help }) => {
      const value = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : hasValue ? ' -r' : '';
      const about = quote(help.split(/[;\n]/, 1)[0]);
      return `${complete} -n "${using} '${command.name}'" -l ${name.slice(2)}${hasValue ? value : ''} -d ${about}`;
    }),
  );
  return `function ${using}
  string match -qr "^$argv[1]( |\\$)" -- (string join -- ' ' (commandline -opc)[2..-1])
end
${[...words, ...flags].join('\n')}
`;
}
