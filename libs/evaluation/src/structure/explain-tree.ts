// The module tree of a model with parameter counts and output shapes. Needs no weights. The tree as PyTorch prints it is
// `model.toString()`.
import { Dropout, Embedding, type Module } from '@lilformer/layers';
import { EncoderDecoderModel } from '@lilformer/models';
import { checkOptionNames } from '@lilformer/tokenizers';
import type { Table } from '../table.js';

/** A module of a model, or several equal modules of a list. */
export interface ModelPart {
  /** Name in its parent: `wte`; `h.0-11` for several. */
  readonly name: string;
  /** Path in the model: `transformer.wte`; of the first for several. */
  readonly path: string;
  readonly module: Module;
  /** Class name: `Embedding`. */
  readonly kind: string;
  /** 0 for the model itself. */
  readonly depth: number;
  /** Number of equal modules. */
  readonly count: number;
  /** Number of parameters of all of them. A shared parameter counts where it comes first. */
  readonly parameters: number;
  /** Share of the model's parameters, 0 to 1. */
  readonly share: number;
  /** Path of the module whose parameters it shares: `transformer.wte`. */
  readonly sharedWith: string | undefined;
  /** Output shape for the given input; undefined where the output is not a single tensor, and for dropout. */
  readonly shape: readonly number[] | undefined;
}

/**
 * All modules of a model, parents before children. Equal modules of a list are one part.
 *
 * @param model with or without weights
 * @param input.batch batch size; default 1
 * @param input.tokens sequence length, of the decoder of an encoder-decoder; default 10
 * @param input.source sequence length of the encoder; default `tokens`
 */
export function explainTree(
  model: Module,
  input: { readonly batch?: number; readonly tokens?: number; readonly source?: number } = {},
): ModelPart[] {
  checkOptionNames(input, ['batch', 'tokens', 'source']);
  const { batch = 1, tokens = 10, source = tokens } = input;
  const total = model.parameterCount();
  const owner = new Map<unknown, string>();
  for (const [path, module] of model.namedModules()) {
    for (const [, parameter] of module.ownParameters()) if (!owner.has(parameter)) owner.set(parameter, path);
  }
  const parts: ModelPart[] = [];
  const visit = (group: Group, depth: number, around: Around): void => {
    const { name, path, module, members } = group;
    let parameters = 0;
    for (const member of members) {
      for (const [inner, below] of member.module.namedModules(member.path)) {
        for (const [, parameter] of below.ownParameters()) {
          if (owner.get(parameter) === inner) parameters += parameter.size;
        }
      }
    }
    const own = new Set([...module.namedModules(path)].map(([inner]) => inner));
    const [first] = [...module.ownParameters()].map(([, parameter]) => owner.get(parameter)!);
    const length = around.side === 'encoder' ? source : tokens;
    parts.push({
      name,
      path,
      module,
      kind: module.constructor.name,
      depth,
      count: members.length,
      parameters,
      share: total === 0 ? 0 : parameters / total,
      sharedWith: first !== undefined && !own.has(first) ? first : undefined,
      shape: shapeOf(module, path, { ...around, batch, length, keys: around.cross ? source : length }),
    });
    const children = groupsOf(module, path);
    const widest = Math.max(around.width, ...children.map((child) => outputSize(child.module) ?? 0));
    for (const child of children) {
      const isSide = child.name === 'encoder' || child.name === 'decoder';
      const side =
        model instanceof EncoderDecoderModel && isSide ? (child.name as Around['side']) : around.side;
      const cross = around.cross || CROSS_ATTENTION.has(child.name);
      visit(child, depth + 1, { ...around, side, cross, widest });
    }
  };
  const width = hiddenSizeOf(model);
  visit({ name: '', path: '', module: model, members: [{ path: '', module: model }] }, 0, {
    side: 'decoder',
    cross: false,
    width,
    widest: width,
  });
  return parts;
}

/** The parts as a table, indented by depth. */
export function partTable(parts: readonly ModelPart[]): Table {
  return {
    headings: ['part', 'parameters', 'share', 'output', 'shares weights of'],
    rows: parts.map(({ name, kind, depth, count, parameters, share, sharedWith, shape }) => [
      `${'· '.repeat(depth)}${name === '' ? kind : `${name}: ${count > 1 ? `${count} × ` : ''}${kind}`}`,
      parameters === 0 ? '' : parameters.toLocaleString('en-US'),
      parameters === 0 ? '' : `${(100 * share).toFixed(1)} %`,
      shape === undefined ? '' : `[${shape.join(', ')}]`,
      sharedWith ?? '',
    ]),
  };
}

/** A child, or several of a list that print alike. */
interface Group {
  readonly name: string;
  readonly path: string;
  readonly module: Module;
  readonly members: readonly { readonly path: string; readonly module: Module }[];
}

function groupsOf(module: Module, parentPath: string): Group[] {
  const groups: (Omit<Group, 'members'> & { members: { path: string; module: Module }[]; text: string })[] =
    [];
  const seen = new Set<Module>();
  for (const [name, child] of module.namedChildren()) {
    if (!child.inTree || seen.has(child)) continue;
    seen.add(child);
    const path = parentPath === '' ? name : `${parentPath}.${name}`;
    const text = child.toString();
    const last = groups.at(-1);
    if (name.includes('.') && last?.text === text && last.name.split('.')[0] === name.split('.')[0]) {
      last.members.push({ path, module: child });
    } else groups.push({ name, path, module: child, members: [{ path, module: child }], text });
  }
  return groups.map(({ name, path, module, members }) => ({
    path,
    module,
    members,
    name: members.length > 1 ? `${name}-${Number(name.split('.')[1]) + members.length - 1}` : name,
  }));
}

/** What the shape of a module depends on besides the module. */
interface Around {
  readonly side: 'encoder' | 'decoder';
  /** Whether it is part of cross-attention. */
  readonly cross: boolean;
  /** Hidden size of the model. */
  readonly width: number;
  /** Largest output size of its siblings. */
  readonly widest: number;
}

interface Inputs extends Around {
  readonly batch: number;
  readonly length: number;
  readonly keys: number;
}

function shapeOf(module: Module, path: string, inputs: Inputs): number[] | undefined {
  const { batch, length, keys, width, widest, cross } = inputs;
  const name = path.split('.').at(-1)!;
  const size = outputSize(module) ?? lastOutputSize(module) ?? width;
  if (module instanceof Dropout) return undefined;
  if (path.split('.').includes('pooler')) return [batch, width];
  // Position tables have one row for all sequences of a batch; relative biases one number per head and pair.
  if (RELATIVE_BIASES.has(name)) return [size, length, keys];
  if (POSITION_TABLES.has(name)) return [length, size];
  if ('kind' in module) return [batch, length, widest]; // an activation
  // Keys and values of cross-attention are as long as the encoder's sequence.
  return [batch, cross && KEYS_AND_VALUES.has(name) ? keys : length, size];
}

// Names of modules in the pretrained families and in the models of this repository.
const CROSS_ATTENTION = new Set(['encoder_attn', 'EncDecAttention']);
const KEYS_AND_VALUES = new Set(['k', 'v', 'k_proj', 'v_proj']);
const RELATIVE_BIASES = new Set(['relative_attention_bias']);
const POSITION_TABLES = new Set([
  'wpe',
  'position_embedding',
  'position_embeddings',
  'position_embedding_table',
  'embed_positions',
]);

/** Output size of a module with its own weight. */
function outputSize(module: Module): number | undefined {
  const shape = new Map(module.ownParameters()).get('weight')?.shape;
  return shape && (module instanceof Embedding ? shape[1] : shape[0]);
}

/** Output size of the last module below, which computes the output of this one. Embeddings are inputs. */
function lastOutputSize(module: Module): number | undefined {
  const below = [...module.namedModules()].filter(([, one]) => !(one instanceof Embedding));
  return below.map(([, one]) => outputSize(one)).findLast((size) => size !== undefined);
}

/** The embedding dimension of the first table. */
function hiddenSizeOf(model: Module): number {
  for (const [, module] of model.namedModules()) if (module instanceof Embedding) return outputSize(module)!;
  return 0;
}
