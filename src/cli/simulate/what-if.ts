/** `--what-if`: an expression like `node/node-2.status.allocatable.memory=4Gi`, or a file of patches. */
import { parse, parseAllDocuments } from 'yaml';
import { PeapodError } from '../../model/errors.ts';
import { changeObjects, fieldPatch, type ObjectChange } from '../../scheduler/simulate/change-objects.ts';
import {
  type ClusterKind,
  type ClusterObject,
  isNamespaced,
} from '../../scheduler/simulate/cluster-objects.ts';
import { clusterKindNamed, readText, typeOfKind } from './read-objects.ts';

const EXPRESSION = /^([A-Za-z]+)\/([^=]+)=(.*)$/s;

/** @throws PeapodError naming the expression or the file, and what is wrong with it */
export async function applyWhatIf(objects: readonly ClusterObject[], text: string): Promise<ClusterObject[]> {
  const expression = EXPRESSION.exec(text);
  if (expression !== null) return changeObjects(objects, readExpression(objects, text, expression));
  let changed = [...objects];
  for (const change of readPatches(await readText(text), text)) changed = changeObjects(changed, change);
  return changed;
}

function readExpression(
  objects: readonly ClusterObject[],
  text: string,
  [, word = '', target = '', value = '']: RegExpExecArray,
): ObjectChange {
  const origin = `--what-if ${text}`;
  const kind = clusterKindNamed(word);
  if (kind === undefined)
    throw new PeapodError('Invalid', `${origin}: there is no kind ${JSON.stringify(word)}`);
  const found = findTarget(objects, kind, target);
  if (found === undefined)
    throw new PeapodError(
      'NotFound',
      `${origin}: there is no ${kind} that ${JSON.stringify(target)} begins with`,
    );
  const { object, reference } = found;
  try {
    const path = target.slice(reference.length).replace(/^\./, '');
    const patch = fieldPatch(
      object.object,
      typeOfKind(kind),
      path,
      value,
      (source) => parse(source) as unknown,
    );
    const { name = '', namespace } = object.object.metadata ?? {};
    return { origin, kind, name, namespace, patch };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PeapodError('Invalid', `${origin}: ${reason}`, { cause });
  }
}

/** Names hold dots, as paths do: the longest name that is there counts. */
function findTarget(
  objects: readonly ClusterObject[],
  kind: ClusterKind,
  target: string,
): { object: ClusterObject; reference: string } | undefined {
  let best: { object: ClusterObject; reference: string } | undefined;
  for (const object of objects.filter((one) => one.kind === kind)) {
    const { name = '', namespace } = object.object.metadata ?? {};
    const full = `${namespace || 'default'}/${name}`;
    const isDefault = (namespace || 'default') === 'default';
    const references = isNamespaced(kind) ? [full, ...(isDefault ? [name] : [])] : [name];
    for (const reference of references) {
      const next = target[reference.length];
      const matches = target.startsWith(reference) && (next === undefined || next === '.');
      if (matches && reference.length > (best?.reference.length ?? 0)) best = { object, reference };
    }
  }
  return best;
}

/** Each document says kind and name of an object, and the fields that are different. */
function readPatches(source: string, file: string): ObjectChange[] {
  return parsePatches(source, file).map((patch, index): ObjectChange => {
    const origin = `${file}: document ${index + 1}`;
    const { kind: word, metadata } = (patch ?? {}) as {
      kind?: unknown;
      metadata?: { name?: unknown; namespace?: unknown };
    };
    const kind = typeof word === 'string' ? clusterKindNamed(word) : undefined;
    if (kind === undefined)
      throw new PeapodError('Invalid', `${origin}: kind: Unsupported value: ${JSON.stringify(word ?? null)}`);
    const { name, namespace } = metadata ?? {};
    if (typeof name !== 'string')
      throw new PeapodError('Invalid', `${origin}: metadata.name: Required value`);
    return { origin, kind, name, namespace: typeof namespace === 'string' ? namespace : undefined, patch };
  });
}

function parsePatches(source: string, file: string): unknown[] {
  try {
    const documents = parseAllDocuments(source, { logLevel: 'error' });
    return (Array.isArray(documents) ? documents : []).flatMap((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      const value = document.toJS() as unknown;
      return value === null ? [] : [value];
    });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new PeapodError('Invalid', `${file}: ${reason}`, { cause });
  }
}
