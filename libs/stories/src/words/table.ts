// Reads the compact tables of the word lists.

type Split<Header> = Header extends `${infer Field}; ${infer Rest}` ? Field | Split<Rest> : Header;
type Fields<Text> = Text extends `\n${infer Header}\n${string}` ? Split<Header> : never;

/**
 * Reads a table: one record per unindented line and its indented continuations, fields separated by `;`.
 * The first record names the fields.
 * @throws Error when a record has more or fewer fields than the first
 */
export function table<const Text extends string>(text: Text): Record<Fields<Text> & string, string>[] {
  const [fields, ...records] = text
    .trim()
    .split(/\n(?=\S)/)
    .map((record) => record.split(';').map((value) => value.replace(/\s+/g, ' ').trim()));
  return records.map((values) => {
    if (values.length !== fields.length) {
      throw new Error(`"${values.join('; ')}": expected ${fields.length} fields, found ${values.length}`);
    }
    return Object.fromEntries(fields.map((field, i) => [field, values[i]])) as Record<
      Fields<Text> & string,
      string
    >;
  });
}

const lists = new Map<string, readonly string[]>();

/** The alternatives of a field. */
export function list(field: string): readonly string[] {
  let items = lists.get(field);
  if (items === undefined) {
    lists.set(field, (items = field.split('|').map((item) => item.trim().replace(/\s+/g, ' '))));
  }
  return items;
}
