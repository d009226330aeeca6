// The module tree of a model with parameter counts and output shapes. Needs no weights. The tree as PyTorch prints it is
// `model.toString()`.
import type { Module } from '@lilformer/layers';
import { EncoderDecoderModel } from '@lilformer/models';
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
  /** Output shape for the given input; undefined where the output is not a single tensor. */
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
      shape: shapeOf(module, name, { ...around, batch, length, keys: around.cross ? source : length }),
    });
    const children = groupsOf(module, path);
    const widest = Math.max(around.width, ...children.map((child) => outputSize(child.module) ?? 0));
    for (const child of children) {
      const isSide = model instanceof EncoderDecoderModel && /^(en|de)coder$/.test(child.name);
      const side = isSide ? (child.name as Around['side']) : around.side;
      const kinds = `${child.name} ${child.module.constructor.name}`;
      const cross = around.cross || /cross|encoder_attn|EncDec/i.test(kinds);
      visit(child, depth + 1, { ...around, side, cross, parent: module.constructor.name, widest });
    }
  };
  const width = hiddenSizeOf(model);
  visit({ name: '', path: '', module: model, members: [{ path: '', module: model }] }, 0, {
    side: 'decoder',
    cross: false,
    width,
    parent: '',
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
  /** Class name of the parent. */
  readonly parent: string;
  /** Largest output size of its siblings. */
  readonly widest: number;
}

interface Inputs extends Around {
  readonly batch: number;
  readonly length: number;
  readonly keys: number;
}

function shapeOf(module: Module, name: string, inputs: Inputs): number[] | undefined {
  const { batch, length, keys, width, parent, widest, cross } = inputs;
  const kind = module.constructor.name;
  if (/pooler/i.test(parent + name)) return [batch, width];
  // Position tables have one row for all sequences of a batch; relative biases one number per head and pair.
  if (/relative_attention_bias/.test(name)) return [outputSize(module)!, length, keys];
  if (/^(wpe|position_embeddings?|embed_positions|position_embedding_table)$/.test(name)) {
    return [length, outputSize(module)!];
  }
  // Dropout of attention weights, one number per head and pair.
  if (
    name === 'attn_dropout' ||
    (kind === 'Dropout' && parent.endsWith('SelfAttention') && !parent.startsWith('T5'))
  ) {
    return undefined;
  }
  if ('loss' in module && 'vocabSize' in module) return [batch, length, module.vocabSize as number];
  const isLeaf = [...module.ownParameters(), ...module.namedChildren()].length === 0;
  if (isLeaf) {
    const isInner =
      /(Activation|GELU|ReLU|SiLU)$/.test(kind) || (kind === 'Dropout' && parent.startsWith('T5Dense'));
    return [batch, length, isInner ? widest : width];
  }
  if (/^(BertIntermediate|BertLMPredictionHead|BertOnlyMLMHead)$/.test(kind)) {
    const sizes = [...module.namedModules()].map(([, inner]) => outputSize(inner));
    return [batch, length, sizes.filter((size) => size !== undefined).at(-1)!];
  }
  // Keys and values of cross-attention are as long as the encoder's sequence.
  const isKeyOrValue = cross && /^(k|v|k_proj|v_proj)$/.test(name);
  return [batch, isKeyOrValue ? keys : length, outputSize(module) ?? width];
}

/** Output size of a module with its own weight. */
function outputSize(module: Module): number | undefined {
  const shape = new Map(module.ownParameters()).get('weight')?.shape;
  return shape && (isEmbedding(module) ? shape[1] : shape[0]);
}

function isEmbedding(module: Module): boolean {
  return /Embedding$/.test(module.constructor.name);
}

/** The embedding dimension of the first table. */
function hiddenSizeOf(model: Module): number {
  for (const [, module] of model.namedModules()) if (isEmbedding(module)) return outputSize(module)!;
  return 0;
}
