// A model's tree with what each part costs, what comes out of it and what it is for. The tree as PyTorch prints it is
// `model.toString()`; what parts are for is written in part-purposes.ts. Needs no weights.
import { EncoderDecoderModel, type Module } from '@lilformer/models';
import { purposeOf } from './part-purposes.js';
import type { Table } from './table.js';

/** One part of a model, or several that are alike. */
export interface ModelPart {
  /** Its name in the part above it: `wte`; `h.0-11` of several. */
  readonly name: string;
  /** Its class: `Embedding`. */
  readonly kind: string;
  /** 0 of the whole model. */
  readonly depth: number;
  /** How many are alike: 12 blocks. */
  readonly count: number;
  /** Trained numbers in all of them; what is shared with an earlier part is counted there. */
  readonly parameters: number;
  /** Those as a share of the whole model's, 0 to 1. */
  readonly share: number;
  /** The part that its parameters are counted with, where they are shared: `transformer.wte`. */
  readonly sharedWith: string | undefined;
  /** The shape that comes out for the given input; undefined where that is no single tensor. */
  readonly shape: readonly number[] | undefined;
  readonly purpose: string;
}

/** The input that shapes are told for. */
export interface ExplainedInput {
  /** Texts side by side. Default 1. */
  readonly batch?: number;
  /** Tokens of each; of an encoder-decoder those of the decoder. Default 10. */
  readonly tokens?: number;
  /** Tokens that the encoder of an encoder-decoder reads. Default `tokens`. */
  readonly source?: number;
}

/**
 * All parts of a model, those above before those below; members of a list that are alike come once.
 *
 * @param model with or without weights
 */
export function explainTree(model: Module, input: ExplainedInput = {}): ModelPart[] {
  const { batch = 1, tokens = 10, source = tokens } = input;
  const total = model.parameterCount();
  const owner = new Map<unknown, string>();
  for (const [path, module] of model.namedModules()) {
    for (const [, parameter] of module.ownParameters()) if (!owner.has(parameter)) owner.set(parameter, path);
  }
  const parts: ModelPart[] = [];
  const visit = (one: Listed, depth: number, around: Around): void => {
    const { name, path, module, members } = one;
    let parameters = 0;
    const own = new Set([...module.namedModules(path)].map(([inner]) => inner));
    for (const member of members) {
      for (const [inner, below] of member.module.namedModules(member.path)) {
        for (const [, parameter] of below.ownParameters())
          if (owner.get(parameter) === inner) parameters += parameter.size;
      }
    }
    const [first] = [...module.ownParameters()].map(([, parameter]) => owner.get(parameter)!);
    const sharedWith = first !== undefined && !own.has(first) ? first : undefined;
    const length = around.side === 'encoder' ? source : tokens;
    const shape = shapeOf(module, name, { ...around, batch, length, keys: around.cross ? source : length });
    parts.push({
      name,
      kind: module.constructor.name,
      depth,
      count: members.length,
      parameters,
      share: total === 0 ? 0 : parameters / total,
      sharedWith,
      shape,
      purpose: purposeOf(module, name, path),
    });
    const children = listed(module, path);
    const widest = Math.max(around.width, ...children.map((child) => widthOf(child.module) ?? 0));
    for (const child of children) {
      const isSide = model instanceof EncoderDecoderModel && /^(en|de)coder$/.test(child.name);
      const side = isSide ? (child.name as Around['side']) : around.side;
      const kinds = `${child.name} ${child.module.constructor.name}`;
      const cross = around.cross || /cross|encoder_attn|EncDec/i.test(kinds);
      visit(child, depth + 1, { ...around, side, cross, above: module.constructor.name, widest });
    }
  };
  const width = widthOfModel(model);
  visit({ name: '', path: '', module: model, members: [{ path: '', module: model }] }, 0, {
    side: 'decoder',
    cross: false,
    width,
    above: '',
    widest: width,
  });
  return parts;
}

/** The parts as a table, indented by their depth. */
export function explanationTable(parts: readonly ModelPart[]): Table {
  return {
    headings: ['part', 'parameters', 'share', 'output', 'what it is for'],
    rows: parts.map(({ name, kind, depth, count, parameters, share, sharedWith, shape, purpose }) => [
      `${'· '.repeat(depth)}${name === '' ? kind : `${name}: ${count > 1 ? `${count} × ` : ''}${kind}`}`,
      parameters === 0 ? '' : parameters.toLocaleString('en-US'),
      parameters === 0 ? '' : `${(100 * share).toFixed(1)} %`,
      shape === undefined ? '' : `[${shape.join(', ')}]`,
      sharedWith === undefined ? purpose : `${purpose}; its weights are those of ${sharedWith}`,
    ]),
  };
}

/** A child, or several of a list that print alike. */
interface Listed {
  readonly name: string;
  readonly path: string;
  readonly module: Module;
  readonly members: readonly { readonly path: string; readonly module: Module }[];
}

function listed(module: Module, path: string): Listed[] {
  const found: (Omit<Listed, 'members'> & { members: { path: string; module: Module }[]; text: string })[] =
    [];
  const seen = new Set<Module>();
  for (const [name, child] of module.namedChildren()) {
    if (!child.inTree || seen.has(child)) continue;
    seen.add(child);
    const at = path === '' ? name : `${path}.${name}`;
    const text = child.toString();
    const last = found.at(-1);
    const isList = name.includes('.');
    if (isList && last?.text === text && last.name.split('.')[0] === name.split('.')[0]) {
      last.members.push({ path: at, module: child });
    } else found.push({ name, path: at, module: child, members: [{ path: at, module: child }], text });
  }
  return found.map(({ name, members, ...rest }) => ({
    ...rest,
    members,
    name: members.length > 1 ? `${name}-${Number(name.split('.')[1]) + members.length - 1}` : name,
  }));
}

/** What is known of where a part stands. */
interface Around {
  readonly side: 'encoder' | 'decoder';
  /** Whether it is part of attention to the other text. */
  readonly cross: boolean;
  /** Length of a token's vector between the parts. */
  readonly width: number;
  /** The class of the part above. */
  readonly above: string;
  /** The widest of what comes out of the parts beside. */
  readonly widest: number;
}

interface Place extends Around {
  readonly batch: number;
  readonly length: number;
  readonly keys: number;
}

/** The shape that comes out of a part. */
function shapeOf(module: Module, name: string, place: Place): number[] | undefined {
  const { batch, length, width, above, widest } = place;
  const kind = module.constructor.name;
  const own = new Map(module.ownParameters());
  if (/pooler/i.test(above + name)) return [batch, width];
  // Tables of positions have one row for all texts of the batch, and biases by distance a number a head and pair.
  if (/relative_attention_bias/.test(name)) return [widthOf(module)!, length, place.keys];
  if (/^(wpe|position_embeddings?|embed_positions|position_embedding_table)$/.test(name)) {
    return [length, widthOf(module)!];
  }
  // Dropped are attention weights, a number a head and pair of tokens.
  if (
    name === 'attn_dropout' ||
    (kind === 'Dropout' && above.endsWith('SelfAttention') && !above.startsWith('T5'))
  ) {
    return undefined;
  }
  const scores = 'loss' in module && 'vocabSize' in module ? (module.vocabSize as number) : undefined;
  if (scores !== undefined) return [batch, length, scores];
  const wide =
    /(Activation|GELU|ReLU|SiLU)$/.test(kind) || (kind === 'Dropout' && above.startsWith('T5Dense'));
  if (own.size === 0 && isLeaf(module)) return [batch, length, wide ? widest : width];
  // What a list of layers ends with is not seen from outside, but for the one that BERT widens with.
  if (/^(BertIntermediate|BertLMPredictionHead|BertOnlyMLMHead)$/.test(kind))
    return [batch, length, lastWidth(module)];
  // Keys and values of attention to another text are as long as that one.
  const long = place.cross && /^(k|v|k_proj|v_proj)$/.test(name) ? place.keys : length;
  return [batch, long, widthOf(module) ?? width];
}

/** Width of the last map in a part. */
function lastWidth(module: Module): number {
  return [...module.namedModules()]
    .map(([, one]) => widthOf(one))
    .filter((width) => width !== undefined)
    .at(-1)!;
}

function isLeaf(module: Module): boolean {
  return [...module.namedChildren()].length === 0;
}

/** Width of what comes out of a layer with weights of its own, or of a model with a map to its vocabulary. */
function widthOf(module: Module): number | undefined {
  const own = new Map(module.ownParameters());
  const weight = own.get('weight');
  if (!weight) return undefined;
  const { shape } = weight;
  if (shape.length === 1) return shape[0];
  return isTable(module) ? shape[1] : shape[0];
}

/** Whether a matrix is looked up, not multiplied with. */
function isTable(module: Module): boolean {
  return /Embedding$/.test(module.constructor.name);
}

/** Length of a token's vector: the width of the first table. */
function widthOfModel(model: Module): number {
  for (const [, module] of model.namedModules()) if (isTable(module)) return widthOf(module)!;
  return 0;
}
