import type { DirectoryClient } from '../../client/directory/directory-client.ts';
import type { Pod } from '../../model/api/types.ts';

/** Takes the ConfigMaps and Secrets away that no pod refers to any more. */
export function collectUnused(client: DirectoryClient): Promise<void> {
  return client.collectUnused((pod, kind, name) => refersTo(pod, kind, name));
}

/** Whether some field of the pod names the object: env, envFrom, volumes, projected sources, imagePullSecrets. */
function refersTo(pod: Pod, kind: 'ConfigMap' | 'Secret', name: string): boolean {
  const {
    initContainers = [],
    containers = [],
    ephemeralContainers = [],
    volumes = [],
    imagePullSecrets = [],
  } = pod.spec ?? {};
  const names: (string | undefined)[] = [];
  for (const { env = [], envFrom = [] } of [...initContainers, ...containers, ...ephemeralContainers]) {
    for (const { valueFrom } of env)
      names.push(kind === 'Secret' ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name);
    for (const source of envFrom)
      names.push(kind === 'Secret' ? source.secretRef?.name : source.configMapRef?.name);
  }
  for (const { configMap, secret, projected } of volumes) {
    names.push(kind === 'Secret' ? secret?.secretName : configMap?.name);
    for (const source of projected?.sources ?? [])
      names.push(kind === 'Secret' ? source.secret?.name : source.configMap?.name);
  }
  if (kind === 'Secret') names.push(...imagePullSecrets.map((secret) => secret.name));
  return names.includes(name);
}
