// The notation that the stories are written in, and its expansion.
//
//   [warm|bright]    one of these, nested as deep as one likes; an empty choice is allowed
//   {friend}         the friend's name; {thing:a} another form of it; {he} {him} {his} are the hero's
//   {Friend:he}      the same with a capital letter
//   <sad>            a phrase from the phrase book, about the hero; <sad:friend> about the friend
//
// A pattern is parsed once and kept. Articles and capitals are mended afterwards (polish.ts), so a
// pattern always says "a" and need not know whether it opens a sentence.

type Part =
  | string
  | { readonly choices: readonly (readonly Part[])[] }
  | { readonly role: string; readonly form: string; readonly capital: boolean }
  | { readonly phrase: string; readonly about: string };

/** The forms of one person, place or thing by name: `name`, `he`, `his`, `a`, … */
export type Forms = Readonly<Record<string, string>>;

/** What a pattern needs in order to become text. */
export interface Speaker {
  /** A whole number from 0 to n - 1. */
  integer(n: number): number;
  /** Who and what the story has, by role. */
  readonly roles: Record<string, Forms>;
  /** The patterns of a phrase of the phrase book. */
  phrases(name: string): readonly string[];
}

const HERO_FORMS = new Set(['he', 'him', 'his', 'himself', 'hand', 'hands', 'kind']);
const parsed = new Map<string, readonly Part[]>();

/** Turns a pattern into text, with choices drawn from the speaker. */
export function expand(pattern: string, speaker: Speaker): string {
  let parts = parsed.get(pattern);
  if (parts === undefined) {
    parts = parse(pattern);
    parsed.set(pattern, parts);
  }
  return say(parts, speaker);
}

function say(parts: readonly Part[], speaker: Speaker): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if ('choices' in part) text += say(part.choices[speaker.integer(part.choices.length)], speaker);
    else if ('role' in part) text += form(part.role, part.form, part.capital, speaker);
    else text += phrase(part.phrase, part.about, speaker);
  }
  return text;
}

function form(role: string, name: string, capital: boolean, speaker: Speaker): string {
  const value = speaker.roles[role]?.[name];
  if (value === undefined) throw new Error(`{${role}:${name}}: this story has no such role or form`);
  return capital ? value.charAt(0).toUpperCase() + value.slice(1) : value;
}

function phrase(name: string, about: string, speaker: Speaker): string {
  const patterns = speaker.phrases(name);
  const before = speaker.roles.who;
  // Within a phrase, {who} is whom the phrase is about; a phrase inside a phrase keeps it.
  if (about !== 'who') speaker.roles.who = speaker.roles[about];
  const text = expand(patterns[speaker.integer(patterns.length)], speaker);
  speaker.roles.who = before;
  return text;
}

function parse(pattern: string): readonly Part[] {
  const text = pattern.replace(/\s+/g, ' ');
  let at = 0;

  const fail = (message: string): never => {
    throw new Error(`${message} at character ${at} of the pattern "${text}"`);
  };
  const until = (end: string): string => {
    const close = text.indexOf(end, at);
    if (close < 0) fail(`no closing ${end}`);
    const inner = text.slice(at + 1, close);
    at = close + 1;
    return inner;
  };

  const sequence = (nested: boolean): Part[] => {
    const parts: Part[] = [];
    while (at < text.length) {
      const c = text[at];
      if (c === '[') {
        at++;
        const choices = [sequence(true)];
        while (text[at] === '|') {
          at++;
          choices.push(sequence(true));
        }
        if (text[at] !== ']') fail('no closing ]');
        at++;
        parts.push({ choices });
      } else if (c === '{') parts.push(slot(until('}')));
      else if (c === '<') {
        const [name, about = 'hero'] = until('>').split(':');
        parts.push({ phrase: name, about });
      } else if (c === '|' || c === ']') {
        if (nested) return parts;
        fail(`a stray ${c}`);
      } else {
        const start = at;
        while (at < text.length && !'[]|{<'.includes(text[at])) at++;
        parts.push(text.slice(start, at));
      }
    }
    return parts;
  };
  return sequence(false);
}

function slot(inner: string): Part {
  const lower = inner.toLowerCase();
  const capital = lower !== inner;
  if (HERO_FORMS.has(lower)) return { role: 'hero', form: lower, capital };
  const [role, name = 'name'] = lower.split(':');
  return { role, form: name, capital };
}
