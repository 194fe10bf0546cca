import { type Alias, type Document, isScalar, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import { ManifestError, type ManifestProblem } from './manifest-error.ts';
import { kubernetesTags } from './yaml-scalars.ts';

export interface ParsedDocument {
  readonly root: Node;
  readonly position: (node: Node | undefined) => Position;
  /** What an alias stands for; nothing when no such anchor stands before it. */
  readonly target: (alias: Alias) => Node | undefined;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

const MAX_TEXT_LENGTH = 16 * 1024 * 1024;
const START: Position = { line: 1, column: 1 };

/**
 * Reads YAML or JSON into its documents, leaving out the empty ones.
 * @throws ManifestError with all syntax errors of the text
 */
export function parseDocuments(text: string, sourceName: string): ParsedDocument[] {
  if (text.length > MAX_TEXT_LENGTH) {
    fail(sourceName, START, `the text is longer than ${MAX_TEXT_LENGTH / 1024 / 1024} MiB`);
  }
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents = parse(text, sourceName, lines);
  const problems: ManifestProblem[] = [];
  for (const error of documents.flatMap((document) => [...document.errors, ...document.warnings])) {
    problems.push({ message: syntaxMessage(error.message), field: '', ...at(error.pos[0]) });
  }
  if (problems.length > 0) throw new ManifestError(sourceName, problems);
  return documents.flatMap((document) => {
    const root = document.contents;
    if (root === null || (isScalar(root) && root.value === null)) return [];
    const targets = findTargets(document);
    return [
      {
        root,
        position: (node) => (node?.range ? at(node.range[0]) : START),
        target: (alias) => targets.get(alias),
      },
    ];
  });
}

function parse(text: string, sourceName: string, lineCounter: LineCounter): Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text.replace(/^\uFEFF/, ''), {
      lineCounter,
      schema: 'core',
      customTags: kubernetesTags,
      prettyErrors: false,
      // Told by the decoder, with the field's name.
      uniqueKeys: false,
      logLevel: 'error',
    });
    return Array.isArray(documents) ? documents : [];
  } catch (error) {
    if (error instanceof RangeError) fail(sourceName, START, 'the text is nested too deeply');
    throw error;
  }
}

function syntaxMessage(message: string): string {
  return `malformed YAML: ${message.split('\n')[0]}`;
}

function fail(sourceName: string, position: Position, message: string): never {
  throw new ManifestError(sourceName, [{ message, field: '', ...position }]);
}

/** An alias means the last anchor of its name before it. */
function findTargets(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
