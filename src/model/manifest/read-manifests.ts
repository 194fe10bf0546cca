/** Reads what a user wrote, YAML or JSON, into objects of the API. */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { decodeObject } from './decode-object.ts';
import { ManifestError, type ManifestProblem } from './manifest-error.ts';
import { didYouMean } from './nearest-name.ts';
import {
  apiVersionOf,
  isObjectKind,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectTypes,
  typeNameOf,
} from './object-kinds.ts';
import { type ParsedDocument, parseDocuments, type Position } from './parse-documents.ts';

/** One object of a manifest, decoded but neither defaulted nor validated; `kind` tells the type of `object`. */
export type ManifestDocument = {
  [K in ObjectKind]: {
    readonly kind: K;
    readonly object: ObjectTypes[K];
    readonly sourceName: string;
    /** Where a field stands, or the nearest thing around it that stands in the text: `pod.yaml:12:3`. */
    readonly locate: (field: string) => string;
  };
}[ObjectKind];

export interface ReadManifestsOptions {
  /** The kinds that are welcome here; all that are known unless told. */
  readonly kinds?: readonly ObjectKind[];
}

/**
 * Reads all documents of a YAML stream or a JSON text; the items of a `List` count as documents.
 * @param sourceName for messages: the file's name, or `-`
 * @throws ManifestError with every problem of every document
 */
export function readManifests(
  text: string,
  sourceName: string,
  options: ReadManifestsOptions = {},
): ManifestDocument[] {
  const problems: ManifestProblem[] = [];
  const documents: ManifestDocument[] = [];
  for (const parsed of parseDocuments(text, sourceName)) {
    readObject(parsed, parsed.root, 0);
  }
  if (problems.length > 0) throw new ManifestError(sourceName, problems);
  return documents;

  function readObject(parsed: ParsedDocument, node: Node, depth: number): void {
    const found = findKind(parsed, node, options.kinds ?? OBJECT_KINDS);
    if ('problem' in found) {
      problems.push(found.problem);
      return;
    }
    if (found.items !== undefined) {
      if (depth > 10)
        problems.push({ message: 'lists are nested too deeply', field: '', ...parsed.position(node) });
      else for (const item of found.items) readObject(parsed, item, depth + 1);
      return;
    }
    const { value, problems: own, positions } = decodeObject(parsed, node, typeNameOf(found.kind));
    problems.push(...own);
    documents.push({
      kind: found.kind,
      object: value,
      sourceName,
      locate: (field: string) => locate(sourceName, positions, field),
    } as ManifestDocument);
  }
}

type FoundKind =
  | { readonly kind: ObjectKind; readonly items?: undefined }
  | { readonly items: readonly Node[] }
  | { readonly problem: ManifestProblem };

function findKind(parsed: ParsedDocument, node: Node, welcome: readonly ObjectKind[]): FoundKind {
  const problem = (message: string, field = '', at: Node = node): FoundKind => ({
    problem: { message, field, ...parsed.position(at) },
  });
  if (!isMap(node)) return problem('must be an object with apiVersion and kind');
  const kindNode = node.get('kind', true);
  const versionNode = node.get('apiVersion', true);
  const kind = isScalar(kindNode) ? kindNode.value : undefined;
  const version = isScalar(versionNode) ? versionNode.value : undefined;
  if (typeof kind !== 'string' || kind === '') return problem('kind: Required value', 'kind', kindNode);
  if (typeof version !== 'string' || version === '') {
    return problem('apiVersion: Required value', 'apiVersion', versionNode);
  }
  if (version === 'v1' && kind.endsWith('List')) {
    const items = node.get('items', true) as unknown;
    if (!isSeq(items)) return problem('items: Required value', 'items');
    return { items: items.items as Node[] };
  }
  const quoted = JSON.stringify(kind);
  if (!isObjectKind(kind)) {
    const hint = didYouMean(kind, welcome);
    return problem(
      `no matches for kind ${quoted} in version ${JSON.stringify(version)}${hint}`,
      'kind',
      kindNode,
    );
  }
  if (apiVersionOf(kind) !== version) {
    const hint = `, did you mean ${JSON.stringify(apiVersionOf(kind))}?`;
    return problem(
      `no matches for kind ${quoted} in version ${JSON.stringify(version)}${hint}`,
      'apiVersion',
      versionNode,
    );
  }
  if (!welcome.includes(kind)) {
    return problem(
      `kind ${quoted} is not supported here: supported kinds: ${welcome.join(', ')}`,
      'kind',
      kindNode,
    );
  }
  return { kind };
}

function locate(sourceName: string, positions: ReadonlyMap<string, Position>, field: string): string {
  for (let path = field; path !== ''; path = parentPath(path)) {
    const position = positions.get(path);
    if (position !== undefined) return `${sourceName}:${position.line}:${position.column}`;
  }
  const { line, column } = positions.get('') ?? { line: 1, column: 1 };
  return `${sourceName}:${line}:${column}`;
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), 0));
}
