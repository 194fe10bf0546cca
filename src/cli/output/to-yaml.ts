import { stringify } from 'yaml';

/** A file of its own, so that the library is loaded only by who writes YAML. */
export function toYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false });
}
