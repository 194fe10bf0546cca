import { PeapodError } from '../errors.ts';

/** One complaint about a manifest, and where in its text it belongs. Lines and columns count from 1. */
export interface ManifestProblem {
  readonly message: string;
  /** The path of the field, like `spec.containers[0].image`; empty when it is about the text or a whole object. */
  readonly field: string;
  readonly line: number;
  readonly column: number;
}

/** A manifest that cannot be read. Its message has a line for each problem: `pod.yaml:12:3: …`. */
export class ManifestError extends PeapodError {
  readonly sourceName: string;
  readonly problems: readonly ManifestProblem[];

  constructor(sourceName: string, problems: readonly ManifestProblem[]) {
    super('Invalid', problems.map((problem) => line(sourceName, problem)).join('\n'));
    this.sourceName = sourceName;
    this.problems = problems;
  }
}

function line(sourceName: string, problem: ManifestProblem): string {
  return `${sourceName}:${problem.line}:${problem.column}: ${problem.message}`;
}
