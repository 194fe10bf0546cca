import { isScalar, parseDocument, visit, type Document } from 'yaml';
import { kubernetesTags } from '../../model/manifest/yaml-scalars.ts';
import { badRequest } from '../errors/status-error.ts';
import { checkDepth } from './check-depth.ts';
import type { Parsed } from './decode-body.ts';

const MAX_ALIASES = 100;
const MAX_FOUND = 20;

/**
 * A document as Kubernetes reads it: of fields that stand twice, the last counts.
 * @throws StatusError BadRequest
 */
export function parseYaml(text: string): Parsed {
  try {
    const document = parseDocument(text, {
      schema: 'core',
      customTags: kubernetesTags,
      prettyErrors: false,
      uniqueKeys: false,
      merge: true,
      logLevel: 'error',
    });
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    checkDepth(value);
    return { value, duplicates: duplicateFields(document) };
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'StatusError') throw error;
    const reason = /call stack/.test(error.message) ? 'nested too deeply' : error.message;
    throw badRequest(`error converting YAML to JSON: ${reason}`);
  }
}

function duplicateFields(document: Document): string[] {
  const found: string[] = [];
  visit(document, {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? key.value : key;
        if (seen.has(name) && found.length < MAX_FOUND) found.push(String(name));
        seen.add(name);
      }
    },
  });
  return found;
}
