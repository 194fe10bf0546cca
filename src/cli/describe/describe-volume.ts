import type { DownwardAPIVolumeFile, Volume, VolumeProjection } from '../../model/api/types.ts';
import { parseQuantity } from '../../model/quantity.ts';

const INDENT = '    ';
const CLAIM_REFERENCE =
  'PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)';
const EPHEMERAL =
  'EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)';

/** @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe/describe.go describeVolumes */
export function volumeLines(volumes: readonly Volume[]): string[] {
  if (volumes.length === 0) return ['Volumes:\t<none>'];
  return [
    'Volumes:',
    ...volumes.flatMap((volume) => [
      `  ${volume.name}:`,
      ...sourceLines(volume).map((line) => INDENT + line),
    ]),
  ];
}

function sourceLines(volume: Volume): string[] {
  const { hostPath, emptyDir, secret, configMap, persistentVolumeClaim, ephemeral, projected } = volume;
  const { downwardAPI, image } = volume;
  if (hostPath !== undefined) {
    const type = hostPath.type ?? '<none>';
    return [
      'Type:\tHostPath (bare host directory volume)',
      `Path:\t${hostPath.path}`,
      `HostPathType:\t${type}`,
    ];
  }
  if (emptyDir !== undefined) {
    const { medium = '', sizeLimit } = emptyDir;
    const limited = sizeLimit !== undefined && parseQuantity(sizeLimit).nano > 0n;
    return [
      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
      `Medium:\t${medium}`,
      `SizeLimit:\t${limited ? sizeLimit : '<unset>'}`,
    ];
  }
  if (secret !== undefined) {
    return [
      'Type:\tSecret (a volume populated by a Secret)',
      `SecretName:\t${secret.secretName ?? ''}`,
      `Optional:\t${secret.optional === true}`,
    ];
  }
  if (configMap !== undefined) {
    return [
      'Type:\tConfigMap (a volume populated by a ConfigMap)',
      `Name:\t${configMap.name ?? ''}`,
      `Optional:\t${configMap.optional === true}`,
    ];
  }
  if (persistentVolumeClaim !== undefined) {
    const { claimName, readOnly = false } = persistentVolumeClaim;
    return [`Type:\t${CLAIM_REFERENCE}`, `ClaimName:\t${claimName}`, `ReadOnly:\t${readOnly}`];
  }
  if (ephemeral !== undefined) return [`Type:\t${EPHEMERAL}`, ...claimLines(ephemeral)];
  if (projected !== undefined) {
    const type = 'Type:\tProjected (a volume that contains injected data from multiple sources)';
    return [type, ...(projected.sources ?? []).flatMap(projectionLines)];
  }
  if (downwardAPI !== undefined) {
    const type = 'Type:\tDownwardAPI (a volume populated by information about the pod)';
    return [type, 'Items:', ...(downwardAPI.items ?? []).map(itemLine)];
  }
  if (image !== undefined) {
    return [
      'Type:\tImage (a container image or OCI artifact)',
      `Reference:\t${image.reference ?? ''}`,
      `PullPolicy:\t${image.pullPolicy ?? ''}`,
    ];
  }
  return ['<unknown>'];
}

function itemLine({ path, fieldRef, resourceFieldRef }: DownwardAPIVolumeFile): string {
  return `  ${fieldRef?.fieldPath ?? resourceFieldRef?.resource ?? ''} -> ${path}`;
}

function projectionLines({
  secret,
  downwardAPI,
  configMap,
  serviceAccountToken,
}: VolumeProjection): string[] {
  if (secret !== undefined)
    return [`SecretName:\t${secret.name ?? ''}`, `Optional:\t${secret.optional === true}`];
  if (downwardAPI !== undefined) return ['DownwardAPI:\ttrue'];
  if (configMap !== undefined)
    return [`ConfigMapName:\t${configMap.name ?? ''}`, `Optional:\t${configMap.optional === true}`];
  if (serviceAccountToken !== undefined)
    return [`TokenExpirationSeconds:\t${serviceAccountToken.expirationSeconds ?? 3600}`];
  return [];
}

function claimLines({ volumeClaimTemplate }: NonNullable<Volume['ephemeral']>): string[] {
  if (volumeClaimTemplate === undefined) return [];
  const { metadata, spec } = volumeClaimTemplate;
  const pairs = (values: Record<string, string> | undefined, separator: string) =>
    Object.entries(values ?? {}).map(([key, value]) => `${key}${separator}${value}`);
  // kubectl indents each part of such a line anew.
  const listed = (key: string, [first = '<none>', ...others]: string[]) => [
    `${key}:\t${INDENT}${first}`,
    ...others.map((other) => `${INDENT}\t${INDENT}${other}`),
  ];
  return [
    `StorageClass:\t${spec.storageClassName ?? ''}`,
    `Volume:\t${spec.volumeName ?? ''}`,
    ...listed('Labels', pairs(metadata?.labels, '=')),
    ...listed('Annotations', pairs(metadata?.annotations, ': ')),
    'Capacity:\t',
    'Access Modes:\t',
    ...(spec.volumeMode === undefined ? [] : [`VolumeMode:\t${spec.volumeMode}`]),
  ];
}
