// The command line of lilformer-tensorflow and its help.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';

export interface InstallCommand {
  readonly kind: 'install';
  readonly gpu: boolean;
  readonly wheel: string | undefined;
  readonly python: string | undefined;
  /** Version to download. */
  readonly tensorflow: string | undefined;
  readonly nodedir: string | undefined;
  readonly force: boolean;
  readonly proof: boolean;
}

export type Command =
  | InstallCommand
  | { readonly kind: 'help' }
  | { readonly kind: 'status' }
  | { readonly kind: 'uninstall'; readonly gpu: boolean };

export const HELP = `Makes @tensorflow/tfjs-node work with a current TensorFlow, on Linux.

  npm i --ignore-scripts @tensorflow/tfjs-node@4.22.0
  npx lilformer-tensorflow install          take TensorFlow's library from the wheel that pip finds, build, try it
  npx lilformer-tensorflow install --gpu    the same for @tensorflow/tfjs-node-gpu, with CUDA
  npx lilformer-tensorflow status           what is there, and what a GPU lacks
  npx lilformer-tensorflow uninstall        take it away again (with --gpu: of tfjs-node-gpu)

Run it where the package is installed. It needs g++, make and python3, about 1 GB, and a minute or two; it downloads
nothing itself: pip does, from where pip is set up to look.

install:
  --wheel FILE          a wheel of tensorflow-cpu or tensorflow that you have, instead of pip's
  --python PATH         the Python whose pip fetches the wheel [python3]
  --tensorflow VERSION  the version to fetch [the newest that pip finds]
  --gpu                 for tfjs-node-gpu: a wheel of tensorflow, which has CUDA
  --nodedir FOLDER      where include/node/node_api.h is, when it did not come with this Node
  --no-proof            do not try a training step at the end (to build where there is no GPU)
  --force               build also when it is there already`;

/** @throws Error that says what was given and what is expected */
export function parseCommand(args: readonly string[]): Command {
  const [kind, ...rest] = args;
  if (kind === undefined || kind === 'help' || args.includes('--help') || args.includes('-h'))
    return { kind: 'help' };
  if (kind !== 'install' && kind !== 'status' && kind !== 'uninstall') {
    throw new Error(`${kind}: expected install, status or uninstall (--help says more)`);
  }
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const known = {
    install: {
      gpu: flag,
      wheel: text,
      python: text,
      tensorflow: text,
      nodedir: text,
      force: flag,
      'no-proof': flag,
    },
    status: {},
    uninstall: { gpu: flag },
  }[kind] as Record<string, typeof text | typeof flag>;
  for (const arg of rest) {
    const name = arg.startsWith('--') ? arg.slice(2).split('=', 1)[0] : undefined;
    if (name !== undefined && !(name in known))
      throw new Error(`${arg}: ${kind} has no such option (--help lists them)`);
  }
  const { values, positionals } = parseArgs({
    args: rest,
    options: known,
    allowPositionals: true,
    strict: true,
  });
  if (positionals.length > 0) throw new Error(`${positionals[0]}: expected options only (--help lists them)`);
  const gpu = values.gpu === true;
  if (kind === 'status') return { kind };
  if (kind === 'uninstall') return { kind, gpu };
  const string = (name: string): string | undefined => {
    const value = values[name];
    if (value === '') throw new Error(`--${name}: expected a value after it`);
    return typeof value === 'string' ? value : undefined;
  };
  const command: InstallCommand = {
    kind,
    gpu,
    wheel: string('wheel'),
    python: string('python'),
    tensorflow: string('tensorflow'),
    nodedir: string('nodedir'),
    force: values.force === true,
    proof: values['no-proof'] !== true,
  };
  if (command.wheel !== undefined) {
    for (const other of ['python', 'tensorflow'] as const) {
      if (command[other] !== undefined)
        throw new Error(`--${other}: nothing is fetched with --wheel; expected one of them`);
    }
    if (!existsSync(command.wheel)) throw new Error(`--wheel ${command.wheel}: there is no such file`);
  }
  return command;
}
