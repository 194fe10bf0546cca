/** What the API server fills into the objects that hold a pod's configuration and data. */
import { copyPlain } from '../copy-plain.ts';
import type { ConfigMap, PersistentVolumeClaim, Secret } from '../api/types.ts';
import { canonicalizeQuantities } from './canonical-quantities.ts';

/** With its namespace; its parts are shared. */
export function defaultConfigMap(configMap: ConfigMap): ConfigMap {
  return { ...withNamespace(configMap), apiVersion: 'v1', kind: 'ConfigMap' };
}

/** A copy with its namespace and type, and with `stringData` merged into `data`, where it wins. */
export function defaultSecret(secret: Secret): Secret {
  const { stringData, ...rest } = withNamespace(copyPlain(secret));
  const data = { ...rest.data };
  for (const [key, text] of Object.entries(stringData ?? {}))
    data[key] = Buffer.from(text).toString('base64');
  const defaulted: Secret = { ...rest, apiVersion: 'v1', kind: 'Secret', type: rest.type || 'Opaque' };
  return Object.keys(data).length > 0 ? { ...defaulted, data } : defaulted;
}

/** A copy with its namespace and volume mode, pending. */
export function defaultPersistentVolumeClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const copy = withNamespace(copyPlain(claim));
  const defaulted: PersistentVolumeClaim = {
    ...copy,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: { ...copy.spec, volumeMode: copy.spec?.volumeMode ?? 'Filesystem' },
    status: { phase: 'Pending', ...copy.status },
  };
  canonicalizeQuantities(defaulted, 'PersistentVolumeClaim');
  return defaulted;
}

function withNamespace<T extends { metadata?: { namespace?: string } }>(object: T): T {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata?.namespace || 'default' } };
}
