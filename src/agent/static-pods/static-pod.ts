/** From a file to the pod that a node runs because of it. @see kubernetes/pkg/kubelet/config/common.go */
import { createHash } from 'node:crypto';
import { examinePod } from '../../model/admission/admit-object.ts';
import type { Pod } from '../../model/api/types.ts';
import { assertNoFieldErrors, type FieldError, FieldErrors } from '../../model/field-error.ts';
import { FieldSearch, isUnset } from '../../model/fields/visit-fields.ts';
import { PeapodError } from '../../model/errors.ts';
import { readManifests } from '../../model/manifest/read-manifests.ts';

export const CONFIG_SOURCE = 'kubernetes.io/config.source';
const CONFIG_HASH = 'kubernetes.io/config.hash';

/** Whether the node has it from a file, not from the API. */
export function isStaticPod({ metadata }: Pod): boolean {
  return metadata?.annotations?.[CONFIG_SOURCE] === 'file';
}

/**
 * The pod that a file asks for on a node: its name ends with the node's, its uid is made of the file's path and contents, so that another
 * pod comes when they change.
 * @param path absolute
 * @throws PeapodError Invalid with every problem; static pods may name no objects of the API
 */
export function readStaticPod(text: string, path: string, nodeName: string): Pod {
  const documents = readManifests(text, path, { kinds: ['Pod'] });
  const [document] = documents;
  if (document?.kind !== 'Pod' || documents.length > 1)
    throw new PeapodError('Invalid', `${path}: must hold one Pod, has ${documents.length}`);
  const { object, errors } = examinePod(document.object);
  const name = object.metadata.name;
  assertNoFieldErrors('Pod', name, [...errors, ...referenceErrors(object)]);
  const uid = hashOf({ node: nodeName, path, pod: document.object });
  const { annotations, labels } = object.metadata;
  return {
    ...object,
    metadata: {
      name: `${name}-${nodeName.toLowerCase()}`,
      namespace: object.metadata.namespace,
      uid,
      ...(labels === undefined ? {} : { labels }),
      annotations: { ...annotations, [CONFIG_HASH]: uid, [CONFIG_SOURCE]: 'file' },
    },
    spec: {
      ...object.spec,
      nodeName,
      // It is not the API's to take it from its node.
      tolerations: [...(object.spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
    status: { phase: 'Pending' },
  };
}

const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  EnvVarSource: ['secretKeyRef', 'configMapKeyRef'],
  EnvFromSource: ['secretRef', 'configMapRef'],
  Volume: ['secret', 'configMap', 'persistentVolumeClaim', 'ephemeral'],
  VolumeProjection: ['secret', 'configMap', 'clusterTrustBundle', 'podCertificate'],
  PodSpec: ['serviceAccountName', 'imagePullSecrets', 'resourceClaims'],
};

const REFERRING = new FieldSearch((typeName, name) => REFERENCES[typeName]?.includes(name) === true);

function referenceErrors(pod: Pod): readonly FieldError[] {
  const errors = new FieldErrors();
  for (const { path, value } of REFERRING.visit(pod.spec, 'PodSpec', 'spec')) {
    if (!isUnset(value)) errors.forbidden(path, 'static pods may not reference objects of the API');
  }
  return errors.list;
}

/** The same for the same contents, in whatever order their keys stand. */
function hashOf(value: unknown): string {
  const sorted = (_key: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex').slice(0, 32);
}
