// The special tokens that the "post_processor" of a `tokenizer.json` puts around a text. Pairs of texts are not supported.
import type { JsonFields } from '../json-fields.js';
import { isId } from '../json-fields.js';

export interface SpecialTokensTemplate {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The post-processor's JSON. */
  readonly json: Record<string, unknown>;
}

export interface PostProcessor {
  /** Special tokens around a text, such as BART's `<s>` and `</s>`. */
  template: SpecialTokensTemplate | null;
  /** Exclude white space from offsets (ByteLevel with `trim_offsets`). */
  trimOffsets: { addPrefixSpace: boolean } | null;
}

/**
 * @param tokens all tokens by id
 * @throws Error naming the wrong or unsupported field, or a token outside the vocabulary
 */
export function parsePostProcessor(
  fields: JsonFields | undefined,
  tokens: ReadonlyMap<number, string>,
): PostProcessor {
  if (!fields) return { template: null, trimOffsets: null };
  const around = (before: number[], after: number[]): SpecialTokensTemplate => {
    for (const id of [...before, ...after]) {
      if (!tokens.has(id)) throw new Error(`${fields.name()}: id ${id} is not in the vocabulary.`);
    }
    return { before, after, json: fields.record };
  };
  /** The id of `["[CLS]", 101]`. */
  const pairId = (name: string): number => {
    const id = fields.array(name)[1];
    return isId(id) ? id : fields.fail(name, '["token", id]');
  };
  const trimOffsets = (): PostProcessor['trimOffsets'] =>
    fields.boolean('trim_offsets', true)
      ? { addPrefixSpace: fields.boolean('add_prefix_space', true) }
      : null;
  switch (fields.record.type) {
    case 'ByteLevel':
      return { template: null, trimOffsets: trimOffsets() };
    case 'RobertaProcessing':
      return { template: around([pairId('cls')], [pairId('sep')]), trimOffsets: trimOffsets() };
    case 'BertProcessing':
      return { template: around([pairId('cls')], [pairId('sep')]), trimOffsets: null };
    case 'TemplateProcessing':
      return { template: around(...templateIds(fields)), trimOffsets: null };
    case 'Sequence': {
      const parts = fields.steps('processors').map((part) => parsePostProcessor(part, tokens));
      const before = parts.map(({ template }) => template?.before ?? []).reverse();
      const after = parts.map(({ template }) => template?.after ?? []);
      return {
        template: parts.some(({ template }) => template) ? around(before.flat(), after.flat()) : null,
        trimOffsets: parts.find((part) => part.trimOffsets)?.trimOffsets ?? null,
      };
    }
    default:
      return fields.unsupported(
        '"ByteLevel", "TemplateProcessing", "BertProcessing", "RobertaProcessing", "Sequence" or null',
      );
  }
}

/** Ids before and after the text in `[{"SpecialToken": …}, {"Sequence": {"id": "A", …}}, …]`. */
function templateIds(fields: JsonFields): [number[], number[]] {
  const special = fields.object('special_tokens');
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  for (const piece of fields.steps('single')) {
    if ('Sequence' in piece.record) {
      texts++;
      continue;
    }
    const token =
      piece.object('SpecialToken').string('id') ?? piece.fail('SpecialToken', 'an object with "id"');
    const ids = special.object(token).array('ids');
    if (!ids.every(isId)) special.object(token).fail('ids', 'ids');
    (texts === 0 ? before : after).push(...(ids as number[]));
  }
  if (texts !== 1)
    throw new Error(`${fields.name('single')} contains the text ${texts} times. Expected it once.`);
  return [before, after];
}
