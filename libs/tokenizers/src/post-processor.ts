// The special tokens that a `tokenizer.json`'s "post_processor" puts around a text. What it does with pairs of texts is
// left out.
import { expectArray, expectBoolean, expectId, expectRecord, where } from './json-checks.js';
import type { EncodeOptions } from './tokenizer.js';

export interface SpecialTokensTemplate {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What the file says. */
  readonly json: Record<string, unknown>;
}

/** What a post-processor does to one text. */
export interface PostProcessing {
  template: SpecialTokensTemplate | null;
  /** White space is taken out of offsets. */
  trimOffsets: { addPrefixSpace: boolean } | null;
}

const NAME = 'tokenizer.json: "post_processor';

/**
 * @param tokens All tokens by their ids: what is added must be among them.
 * @throws Error naming the post-processor that is not supported, or what is wrong with it.
 */
export function parsePostProcessor(json: unknown, tokens: ReadonlyMap<number, string>): PostProcessing {
  if (json === undefined || json === null) return { template: null, trimOffsets: null };
  const record = expectRecord(json, `${NAME}"`);
  const surround = (before: number[], after: number[]): SpecialTokensTemplate => {
    for (const id of [...before, ...after]) {
      if (!tokens.has(id)) throw new Error(`${NAME}": id ${id} is not in the vocabulary`);
    }
    return { before, after, json: record };
  };
  switch (record.type) {
    case 'ByteLevel':
      return { template: null, trimOffsets: trimming(record) };
    case 'RobertaProcessing':
      return {
        template: surround([pairId(record, 'cls')], [pairId(record, 'sep')]),
        trimOffsets: trimming(record),
      };
    case 'BertProcessing':
      return { template: surround([pairId(record, 'cls')], [pairId(record, 'sep')]), trimOffsets: null };
    case 'TemplateProcessing':
      return { template: surround(...templateIds(record)), trimOffsets: null };
    case 'Sequence': {
      const parts = expectArray(record.processors, `${NAME}.processors"`).map((part) =>
        parsePostProcessor(part, tokens),
      );
      const before = parts.flatMap((part) => part.template?.before ?? []);
      const around = parts.reduce<number[]>(
        (inner, part) => [...(part.template?.before ?? []), ...inner],
        [],
      );
      const after = parts.flatMap((part) => part.template?.after ?? []);
      return {
        template: before.length + after.length > 0 ? surround(around, after) : null,
        trimOffsets: parts.find((part) => part.trimOffsets !== null)?.trimOffsets ?? null,
      };
    }
    default:
      throw new Error(
        `${NAME}" ${where(record.type)} is not supported, only "ByteLevel", "TemplateProcessing", "BertProcessing", ` +
          '"RobertaProcessing", "Sequence" and null are',
      );
  }
}

/** Whether `addEos` has something to add, after what the template added. */
export function needsEos(
  options: EncodeOptions,
  template: SpecialTokensTemplate | null | undefined,
): boolean {
  if (!options.addEos) return false;
  return !(options.addSpecialTokens && template && template.after.length > 0);
}

function trimming(record: Record<string, unknown>): PostProcessing['trimOffsets'] {
  if (!expectBoolean(record.trim_offsets, true, `${NAME}.trim_offsets"`)) return null;
  return { addPrefixSpace: expectBoolean(record.add_prefix_space, true, `${NAME}.add_prefix_space"`) };
}

/** The id of `["[CLS]", 101]`. */
function pairId(record: Record<string, unknown>, name: string): number {
  return expectId(expectArray(record[name], `${NAME}.${name}"`)[1], `${NAME}.${name}", id`);
}

/** Ids before and after the text, in `[{"SpecialToken": …}, {"Sequence": {"id": "A", …}}, …]`. */
function templateIds(record: Record<string, unknown>): [number[], number[]] {
  const special = expectRecord(record.special_tokens, `${NAME}.special_tokens"`);
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  expectArray(record.single, `${NAME}.single"`).forEach((json, i) => {
    const name = `${NAME}.single", entry ${i}`;
    const piece = expectRecord(json, name);
    if ('Sequence' in piece) {
      texts++;
      return;
    }
    const { id } = expectRecord(piece.SpecialToken, `${name}: "SpecialToken"`);
    const token = typeof id === 'string' ? special[id] : undefined;
    const { ids } = expectRecord(token, `${NAME}.special_tokens", ${where(id)}`);
    const list = expectArray(ids, `${NAME}.special_tokens", ${where(id)}: "ids"`);
    (texts === 0 ? before : after).push(...list.map((one) => expectId(one, `${name}: id`)));
  });
  if (texts !== 1) {
    throw new Error(`${NAME}.single": the text is there ${texts} times, expected once`);
  }
  return [before, after];
}
