// The special and added tokens of a Hugging Face folder, which tokenizer_config.json, special_tokens_map.json and
// added_tokens.json name beside the vocabulary. The rules are those of transformers 5.
import { isId, JsonFields, show } from '../json-fields.js';
import { specialToken, type AddedToken } from '../pipeline/added-tokens.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** The names of special tokens, in the order in which missing ones get ids. */
const ROLES = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'] as const;
export type Role = (typeof ROLES)[number];

/** A token with its id, where a file says it. */
type NamedToken = Omit<AddedToken, 'id'> & { readonly id?: number };

/** What the small files of a folder say. */
export class FolderSettings {
  /**
   * @param fields tokenizer_config.json, completed by special_tokens_map.json
   * @param added tokens with their ids
   */
  private constructor(
    readonly fields: JsonFields,
    private readonly added: readonly AddedToken[],
    private readonly defaults: Partial<Record<Role, string>> = {},
  ) {}

  /**
   * @throws Error naming the file and what is wrong with it
   */
  static async read(files: TokenizerFiles): Promise<FolderSettings> {
    const read = async (name: string): Promise<JsonFields> =>
      new JsonFields(files.pathOf(name), '', files.has(name) ? await files.json(name) : {});
    const config = await read('tokenizer_config.json');
    const decoder = config.optionalObject('added_tokens_decoder');
    if (decoder) {
      const added = Object.keys(decoder.record).map((key) => {
        const id = /^\d{1,10}$/.test(key) ? Number(key) : -1;
        if (!isId(id))
          throw new Error(`${decoder.name()}: key ${show(key)} is invalid. Expected a token id.`);
        return { ...tokenFrom(decoder.object(key), false), id };
      });
      return new FolderSettings(config, added);
    }
    const map = await read('special_tokens_map.json');
    const fields = new JsonFields(config.file, '', { ...config.record, ...map.record });
    const settings = new FolderSettings(fields, []);
    const special = new Set(settings.#named().map(({ content }) => content));
    const list = await read('added_tokens.json');
    const added = Object.keys(list.record).map((content) => {
      const isSpecial = special.has(content);
      return { ...specialToken(list.id(content), content), special: isSpecial, normalized: !isSpecial };
    });
    return new FolderSettings(fields, added);
  }

  /** These settings with names of special tokens that hold unless the files have others. */
  withDefaults(defaults: Partial<Record<Role, string>>): FolderSettings {
    return new FolderSettings(this.fields, this.added, defaults);
  }

  /** The name of a special token; undefined for none. @throws Error when the files have something else there */
  name(role: Role): string | undefined {
    return this.#token(role)?.content;
  }

  /**
   * Entries of "added_tokens": those of the tokenizer itself, those with an id in the folder, and the special tokens.
   * A token that the vocabulary lacks gets the id that the folder says, else the next free one.
   */
  addedTokens(vocab: ReadonlyMap<string, unknown>, own: readonly AddedToken[] = []): AddedToken[] {
    const tokens = new Map(own.map((token) => [token.content, token]));
    let next = 0;
    for (const id of vocab.values()) if (isId(id)) next = Math.max(next, id + 1);
    for (const { id } of [...own, ...this.added]) next = Math.max(next, id + 1);
    for (const { id: wanted, ...token } of [...this.added, ...this.#named()]) {
      const { content } = token;
      const known = tokens.get(content)?.id ?? vocab.get(content);
      if (wanted === undefined && tokens.has(content)) continue;
      tokens.set(content, { ...token, id: isId(known) ? known : (wanted ?? next++) });
    }
    return [...tokens.values()].sort((a, b) => a.id - b.id);
  }

  /** The special tokens that the files and defaults name. */
  #named(): NamedToken[] {
    const { fields } = this;
    const others = Object.keys(fields.record).filter(
      (key) => key.endsWith('_token') && !(ROLES as readonly string[]).includes(key.slice(0, -6)),
    );
    const extra = ['additional_special_tokens', 'extra_special_tokens'].find((key) => !fields.isNull(key));
    const value = extra !== undefined && fields.record[extra];
    const list = Array.isArray(value) ? value : typeof value === 'object' ? Object.values(value ?? {}) : [];
    return [
      ...ROLES.map((role) => this.#token(role)),
      ...others
        .map((key) => fields.record[key])
        .map((one) => (typeof one === 'string' ? special(one) : undefined)),
      ...list.map((one, i) =>
        typeof one === 'string'
          ? special(one)
          : tokenFrom(new JsonFields(fields.file, `${extra}[${i}]`, one), true),
      ),
    ].filter((token) => token !== undefined);
  }

  #token(role: Role): NamedToken | undefined {
    const key = `${role}_token`;
    const value = this.fields.record[key];
    if (value === null) return undefined;
    const name = value === undefined ? this.defaults[role] : value;
    if (name === undefined || name === '') return undefined;
    if (typeof name === 'string') return special(name);
    if (typeof name !== 'object') return this.fields.fail(key, 'a string, an object with "content", or null');
    return tokenFrom(this.fields.object(key), true);
  }
}

const special = (content: string): NamedToken => ({ ...specialToken(0, content), id: undefined });

/** A token of `{"content": "<s>", "lstrip": false, …}`. */
function tokenFrom(fields: JsonFields, isSpecial: boolean): NamedToken {
  const special = isSpecial || fields.boolean('special', false);
  return {
    content: fields.string('content') || fields.fail('content', 'a non-empty string'),
    singleWord: fields.boolean('single_word', false),
    lstrip: fields.boolean('lstrip', false),
    rstrip: fields.boolean('rstrip', false),
    normalized: fields.boolean('normalized', !special),
    special,
  };
}
