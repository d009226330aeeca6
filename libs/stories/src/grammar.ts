// The template grammar of the stories: parses a template once and expands it for one story.
//
//   [a|b]                one alternative, nested to any depth; an alternative may be empty
//   [?home a|?!home b]   alternatives that require a fact, or its absence; several may be combined
//   {friend}             the name of a role; {friend:he} another form of it; {Friend:he} capitalized
//   {he} {his} {hand}    a form of the person the current rule is about, by default the hero
//   {plan=a|b}           binds a role to one alternative; {owner=@friend} makes it an alias of a role
//   {+home} {-home}      records or removes a fact
//   <sad> <sad:friend>   expands a rule, about the current person or about the given role
//   ¶                    ends a paragraph
import type { Random } from '@lilformer/random';

/** The forms of one person, place or thing: `name`, `he`, `mark`, …; a form may itself be a template. */
export type Forms = Readonly<Record<string, string>>;

interface Alternative {
  readonly needs: readonly string[];
  readonly lacks: readonly string[];
  readonly parts: readonly Part[];
}

type Part =
  | string
  | { readonly type: 'choice'; readonly conditional: boolean; readonly alternatives: readonly Alternative[] }
  | {
      readonly type: 'slot' | 'rule';
      readonly name: string;
      readonly form?: string;
      readonly capital: boolean;
    }
  | { readonly type: 'bind'; readonly name: string; readonly value: Part }
  | { readonly type: 'fact'; readonly name: string; readonly on: boolean };

const PERSON_FORMS = new Set(['he', 'him', 'his', 'himself', 'hand', 'hands', 'kind']);
const SPECIAL = /[[{<|]/;
const parsed = new Map<string, Part>();

/** One story while it is being written: its roles and facts, and the expansion of templates. */
export class Scene {
  constructor(
    private readonly random: Random,
    private readonly rules: Readonly<Record<string, string>>,
    readonly roles: Record<string, Forms>,
    readonly facts: Set<string>,
  ) {
    this.roles.who ??= this.roles.hero;
  }

  /**
   * Expands a template.
   * @throws Error when the template has a syntax error or an unknown role, form or rule
   */
  expand(template: string): string {
    let part = parsed.get(template);
    if (part === undefined) parsed.set(template, (part = parse(template)));
    return this.write(part);
  }

  private write(part: Part): string {
    if (typeof part === 'string') return part;
    switch (part.type) {
      case 'choice':
        return this.choose(part.conditional ? part.alternatives.filter(this.holds, this) : part.alternatives);
      case 'slot':
        return this.slot(part.name, part.form ?? 'name', part.capital);
      case 'rule': {
        const rule = this.rules[part.name];
        if (rule === undefined) throw new Error(`<${part.name}>: unknown rule`);
        return capitalize(part.capital, this.about(part.form ?? 'who', rule));
      }
      case 'bind': {
        const value = this.write(part.value);
        this.roles[part.name] = value.startsWith('@')
          ? this.roles[value.slice(1)]
          : { name: value, the: value.replace(/^an? /, 'the ') };
        return '';
      }
      case 'fact':
        if (part.on) this.facts.add(part.name);
        else this.facts.delete(part.name);
        return '';
    }
  }

  private choose(open: readonly Alternative[]): string {
    if (open.length === 0) return '';
    let text = '';
    for (const part of open[this.random.integer(open.length)].parts) text += this.write(part);
    return text;
  }

  private holds({ needs, lacks }: Alternative): boolean {
    return needs.every(this.facts.has, this.facts) && !lacks.some(this.facts.has, this.facts);
  }

  private slot(role: string, form: string, capital: boolean): string {
    const value = this.roles[role]?.[form];
    if (value === undefined) throw new Error(`{${role}:${form}}: unknown role or form`);
    return capitalize(capital, SPECIAL.test(value) ? this.about(role, value) : value);
  }

  private about(role: string, template: string): string {
    const before = this.roles.who;
    if ('he' in this.roles[role]) this.roles.who = this.roles[role];
    const text = this.expand(template);
    this.roles.who = before;
    return text;
  }
}

const capitalize = (capital: boolean, text: string): string =>
  capital ? text.replace(/[a-z]/i, (letter) => letter.toUpperCase()) : text;

function parse(template: string): Part {
  const text = template.replace(/\s+/g, ' ');
  let at = 0;
  const fail = (message: string): never => {
    throw new Error(`template "${text}", character ${at}: ${message}`);
  };
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found) at += found[0].length;
    return found;
  };

  const choice = (end: string): Part => {
    const alternatives: Alternative[] = [];
    do {
      const conditions =
        match(/ ?((?:\?!?[a-z-]+)+) /y)?.[1]
          .slice(1)
          .split('?') ?? [];
      const parts: Part[] = [];
      while (at < text.length && text[at] !== '|' && text[at] !== end) parts.push(part());
      alternatives.push({
        needs: conditions.filter((fact) => !fact.startsWith('!')),
        lacks: conditions.filter((fact) => fact.startsWith('!')).map((fact) => fact.slice(1)),
        parts,
      });
    } while (text[at] === '|' && ++at);
    if (end !== '' && text[at] !== end) fail(`expected ${end}`);
    at += end.length;
    const conditional = alternatives.some(({ needs, lacks }) => needs.length + lacks.length > 0);
    return { type: 'choice', conditional, alternatives };
  };

  const part = (): Part => {
    const plain = match(/[^[\]{}<>|]+/y);
    if (plain) return plain[0];
    if (match(/\[/y)) return choice(']');
    const bind = match(/\{([a-z]+)=/y);
    if (bind) return { type: 'bind', name: bind[1], value: choice('}') };
    const fact = match(/\{([+-])([a-z-]+)\}/y);
    if (fact) return { type: 'fact', name: fact[2], on: fact[1] === '+' };
    const reference = match(/\{([a-z]+(?::[a-z0-9]+)?)\}/iy) ?? match(/<([a-z-]+(?::[a-z]+)?)>/iy);
    if (!reference) return fail('unexpected character');
    const type = reference[0].startsWith('<') ? 'rule' : 'slot';
    const [name, form] = reference[1].toLowerCase().split(':');
    const capital = reference[1] !== reference[1].toLowerCase();
    return type === 'slot' && PERSON_FORMS.has(name)
      ? { type, name: 'who', form: name, capital }
      : { type, name, form, capital };
  };

  return choice('');
}
