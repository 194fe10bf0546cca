import type { ConfigMap, PersistentVolumeClaim, Secret } from '../api/types.ts';
import type { DefaultedPod } from '../defaults/default-pod.ts';
import { PeapodError } from '../errors.ts';
import { type FieldError, FieldErrors, formatFieldError } from '../field-error.ts';
import { podWarnings, type WarningOptions } from '../fields/refused-fields.ts';
import type { ManifestDocument } from '../manifest/read-manifests.ts';
import { type Examined, examineClaim, examineConfigMap, examinePod, examineSecret } from './admit-object.ts';

/** The objects of some manifests, each fit to be created. */
export interface AdmittedManifests {
  readonly pods: DefaultedPod[];
  readonly configMaps: ConfigMap[];
  readonly secrets: Secret[];
  readonly claims: PersistentVolumeClaim[];
  /** A line each, with the place: `pod.yaml:12:3: spec.nodeSelector: has no effect: …`. */
  readonly warnings: string[];
}

export interface AdmitOptions extends WarningOptions {
  /** What to put behind `generateName`: a few random letters. */
  readonly nameSuffix: () => string;
}

type AdmittedKind = 'Pod' | 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim';
export type AdmittedDocument = Extract<ManifestDocument, { kind: AdmittedKind }>;

/**
 * Defaults and validates all objects.
 * @throws PeapodError Invalid with a line for each problem: `pod.yaml:8:5: Pod "web" is invalid: spec.…: Required value`
 */
export function admitManifests(
  documents: readonly ManifestDocument[],
  options: AdmitOptions,
): AdmittedManifests {
  const admitted: AdmittedManifests = { pods: [], configMaps: [], secrets: [], claims: [], warnings: [] };
  const problems: string[] = [];
  const names = new Set<string>();
  for (const document of documents) {
    if (!isAdmitted(document)) {
      problems.push(`${document.locate('kind')}: kind ${JSON.stringify(document.kind)} cannot be run here`);
      continue;
    }
    generateName(document, options.nameSuffix);
    const { object, errors } = admitOne(document, admitted, options);
    const { name = '', namespace = 'default' } = object.metadata ?? {};
    const key = `${document.kind} ${namespace}/${name}`;
    for (const error of [...errors, ...(name !== '' && names.has(key) ? duplicateName(name) : [])]) {
      const where = document.locate(error.field);
      problems.push(
        `${where}: ${document.kind} ${JSON.stringify(name)} is invalid: ${formatFieldError(error)}`,
      );
    }
    names.add(key);
  }
  if (problems.length > 0) throw new PeapodError('Invalid', [...new Set(problems)].join('\n'));
  return admitted;
}

function isAdmitted(document: ManifestDocument): document is AdmittedDocument {
  return ['Pod', 'ConfigMap', 'Secret', 'PersistentVolumeClaim'].includes(document.kind);
}

function generateName(document: AdmittedDocument, nameSuffix: () => string): void {
  const { metadata } = document.object;
  if (metadata?.generateName && !metadata.name) metadata.name = `${metadata.generateName}${nameSuffix()}`;
}

function admitOne(
  document: AdmittedDocument,
  admitted: AdmittedManifests,
  options: WarningOptions,
): Examined<DefaultedPod | ConfigMap | Secret | PersistentVolumeClaim> {
  switch (document.kind) {
    case 'Pod': {
      const warnings = podWarnings(document.object, options);
      admitted.warnings.push(...warnings.map((text) => `${document.locate(fieldOf(text))}: ${text}`));
      return added(admitted.pods, examinePod(document.object));
    }
    case 'ConfigMap':
      return added(admitted.configMaps, examineConfigMap(document.object));
    case 'Secret':
      return added(admitted.secrets, examineSecret(document.object));
    case 'PersistentVolumeClaim':
      return added(admitted.claims, examineClaim(document.object));
  }
}

function added<T>(list: T[], examined: Examined<T>): Examined<T> {
  list.push(examined.object);
  return examined;
}

/** A warning begins with its field. */
function fieldOf(warning: string): string {
  return warning.slice(0, warning.indexOf(': '));
}

function duplicateName(name: string): readonly FieldError[] {
  const errors = new FieldErrors();
  errors.duplicate('metadata.name', name);
  return errors.list;
}
