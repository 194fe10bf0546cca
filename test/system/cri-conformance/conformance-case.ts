/** What the API's text demands, as cases that any runtime can be held to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../../src/model/errors.ts';
import type { Subject, SubjectName } from './subject.ts';

/** @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const CODE = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  failedPrecondition: 9,
  unimplemented: 12,
} as const;

export interface Case {
  readonly verb: string;
  /** What the API's text says, or plainly means. */
  readonly says: string;
  readonly run: (subject: Subject) => Promise<void>;
  /**
   * Runtimes that do otherwise, against the text, and how that shows. The case then demands just that: a runtime that has been mended fails it.
   */
  readonly differs?: Partial<Record<SubjectName, RegExp>>;
}

/** Verbs that containerd 1.6 does not have: the API is younger. */
export const YOUNGER = { containerd: /unknown method|not implemented/ } as const;

export function runCases(subject: () => Subject, cases: readonly Case[], name: SubjectName): void {
  for (const { verb, says, run, differs = {} } of cases) {
    const difference = differs[name];
    if (difference === undefined) void test(`${verb}: ${says}`, () => run(subject()));
    else
      void test(`${verb}: ${name} differs (${difference.source}), while the text says: ${says}`, async () => {
        await assert.rejects(run(subject()), difference);
      });
  }
}

/** The call fails with one of these codes. */
export async function assertCode(call: Promise<unknown>, ...codes: number[]): Promise<void> {
  const error: unknown = await call.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(isPeapodError(error), 'the call succeeded');
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? Number(cause.code) : -1;
  assert.ok(codes.includes(code), `code ${code}, not ${codes.join(' or ')}: ${error.message}`);
}

/** Asks until the answer is there. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
