import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JOB_CHARACTERS, JobBuilder, type Job } from './encode-jobs.js';

/** All jobs of documents that come in fragments of at most `step` characters. */
function jobsOf(
  documents: string[],
  step: number,
  safeSplitPoint: (text: string, near: number) => number,
): Job[] {
  const builder = new JobBuilder({ safeSplitPoint }, {});
  const jobs: Job[] = [];
  for (const document of documents) {
    for (let from = 0; from < document.length; from += step) {
      const end = from + step >= document.length;
      jobs.push(...builder.add({ text: document.slice(from, from + step), end }));
    }
  }
  const last = builder.finish();
  return last === undefined ? jobs : [...jobs, last];
}

/** The documents that jobs stand for, and the number of each job's first one as the job says it. */
function reassemble(jobs: Job[]): { documents: string[]; first: number[]; begun: number } {
  const documents: string[] = [];
  const first: number[] = [];
  let begun = 0;
  let open = '';
  for (const job of jobs) {
    first.push(documents.length + 1);
    job.texts.forEach((text, i) => {
      begun += Number(job.begins[i]);
      open += text;
      if (!job.ends[i]) return;
      documents.push(open);
      open = '';
    });
  }
  expect(open).toBe('');
  return { documents, first, begun };
}

const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(Math.ceil((3 * JOB_CHARACTERS) / 26));

describe('jobs', () => {
  it('contain every document in order, for any fragmentation and any split point', () => {
    const length = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 3 * JOB_CHARACTERS }));
    const cuts = fc.constantFrom<(text: string, near: number) => number>(
      (_, near) => near,
      (_, near) => near - 7,
      () => 0,
      // Only once much text is there.
      (text, near) => (text.length > 2.5 * JOB_CHARACTERS ? near : 0),
    );
    fc.assert(
      fc.property(
        fc.array(length, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 20_000, max: 1 << 20 }),
        cuts,
        (lengths, step, safeSplitPoint) => {
          const documents = lengths.map((n, i) => letters.slice(i, i + n));
          const jobs = jobsOf(documents, step, safeSplitPoint);
          const { documents: found, first, begun } = reassemble(jobs);
          expect(found.length).toBe(documents.length);
          expect(found.every((document, i) => document === documents[i])).toBe(true);
          expect(jobs.map((job) => job.firstDocument)).toEqual(first);
          expect(begun).toBe(documents.length - 1);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('stay small for a long document', () => {
    const jobs = jobsOf([letters.repeat(4)], 1 << 20, (_, near) => near);
    for (const job of jobs) {
      expect(job.texts.reduce((sum, text) => sum + text.length, 0)).toBeLessThanOrEqual(2 * JOB_CHARACTERS);
    }
  });

  it('refuse a document that cannot be split before it fills memory', () => {
    const builder = new JobBuilder({ safeSplitPoint: () => 0 }, {});
    const text = ' '.repeat(1 << 20);
    const add = () => {
      for (let i = 0; i < 100; i++) builder.add({ text, end: false });
    };
    expect(add).toThrow(
      'document 1 has 33554432 characters without a place where the tokenizer allows a cut',
    );
  });
});
