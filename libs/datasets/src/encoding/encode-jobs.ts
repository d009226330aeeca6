// Splits a stream of documents into jobs of about 256 KB and encodes a job. The splits depend on the input only, so
// that any number of threads gives the same ids.
import type { Tokenizer } from '@lilformer/tokenizers';
import type { Fragment } from '../documents/fragments.js';
import type { TokenDType } from '../tokens/token-source.js';

/** Characters per job; also the length at which long documents are split. */
export const JOB_CHARACTERS = 1 << 18;
/** Length without a possible split point at which encoding fails. */
const UNCUTTABLE = 1 << 25;

export interface Job {
  /** Documents; the first and the last may be partial. */
  texts: string[];
  /** Whether texts[i] starts a document other than the first of the corpus. */
  begins: boolean[];
  /** Whether a document ends after texts[i]. */
  ends: boolean[];
  /** Number of the document of texts[0], starting at 1. */
  firstDocument: number;
}

export interface EncodeDocumentsOptions {
  /**
   * Separator between documents for a tokenizer without an end-of-text id, encoded on its own. Default: a line break.
   */
  joiner?: string;
  /**
   * Encode special tokens such as `<|endoftext|>` inside a document as ordinary characters (default) or as their ids.
   */
  splitSpecialTokens?: boolean;
}

/** Collects fragments into jobs. */
export class JobBuilder {
  private job: Job = emptyJob(1);
  private characters = 0;
  private document = 1;
  /** Text of the current document that is not in a job yet. */
  private held: string[] = [];
  private heldLength = 0;
  /** Whether a part of the current document is in a job. */
  private begun = false;
  /** Length of `held` at which the next split is attempted. */
  private cutAt = 2 * JOB_CHARACTERS;

  constructor(
    private readonly tokenizer: Pick<Tokenizer, 'safeSplitPoint'>,
    private readonly options: EncodeDocumentsOptions,
  ) {}

  /** Adds a fragment; returns the jobs that became full. */
  add({ text, end }: Fragment): Job[] {
    const full: Job[] = [];
    this.held.push(text);
    this.heldLength += text.length;
    if (this.heldLength >= Math.min(this.cutAt, UNCUTTABLE)) {
      let whole = this.held.join('');
      while (whole.length >= 2 * JOB_CHARACTERS) {
        const cut = this.tokenizer.safeSplitPoint(whole, JOB_CHARACTERS, {
          splitSpecialTokens: this.options.splitSpecialTokens ?? true,
        });
        if (cut <= 0) break;
        this.push(whole.slice(0, cut), false, full);
        whole = whole.slice(cut);
      }
      if (whole.length > UNCUTTABLE) {
        throw new Error(
          `document ${this.document} has ${UNCUTTABLE} characters without a place where the tokenizer allows a cut; ` +
            'give the separator that stands between documents',
        );
      }
      this.held = [whole];
      this.heldLength = whole.length;
      // Without a split point, the next attempt has twice the text: linear work in total.
      this.cutAt = Math.max(2 * JOB_CHARACTERS, 2 * whole.length);
    }
    if (end) {
      this.push(this.held.length === 1 ? this.held[0] : this.held.join(''), true, full);
      this.held = [];
      this.heldLength = 0;
      this.cutAt = 2 * JOB_CHARACTERS;
      this.document++;
    }
    return full;
  }

  /** Returns the last, partial job. */
  finish(): Job | undefined {
    return this.job.texts.length > 0 ? this.job : undefined;
  }

  private push(text: string, end: boolean, full: Job[]): void {
    if (this.job.texts.length === 0) this.job.firstDocument = this.document;
    this.job.texts.push(text);
    this.job.begins.push(!this.begun && this.document > 1);
    this.job.ends.push(end);
    this.begun = !end;
    this.characters += text.length;
    if (this.characters >= JOB_CHARACTERS) {
      full.push(this.job);
      this.job = emptyJob(this.document);
      this.characters = 0;
    }
  }
}

function emptyJob(firstDocument: number): Job {
  return { texts: [], begins: [], ends: [], firstDocument };
}

export type Ids = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Encodes one job. */
export function encodeJob(
  tokenizer: Tokenizer,
  job: Job,
  dtype: TokenDType,
  options: EncodeDocumentsOptions,
): Ids {
  const { joiner = '\n', splitSpecialTokens = true } = options;
  const { eosTokenId } = tokenizer;
  const parts: ArrayLike<number>[] = [];
  let document = job.firstDocument;
  for (let i = 0; i < job.texts.length; i++) {
    if (job.begins[i] && eosTokenId === undefined && joiner !== '') {
      parts.push(
        attempt(
          () => tokenizer.encode(joiner, { splitSpecialTokens }),
          `the joiner ${JSON.stringify(joiner)} before document ${document}`,
        ),
      );
    }
    parts.push(attempt(() => tokenizer.encode(job.texts[i], { splitSpecialTokens }), `document ${document}`));
    if (job.ends[i]) {
      if (eosTokenId !== undefined) parts.push([eosTokenId]);
      document++;
    }
  }
  return concatIds(parts, dtype);
}

/** Concatenates ids into one array. */
export function concatIds(parts: readonly ArrayLike<number>[], dtype: TokenDType): Ids {
  const length = parts.reduce((total, part) => total + part.length, 0);
  const ids = dtype === 'uint16' ? new Uint16Array(length) : new Uint32Array(length);
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}

function attempt<T>(work: () => T, place: string): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}
