/**
 * How lists are merged, by type and field: data of Kubernetes' API types, which their generated form does not carry.
 * @see kubernetes/staging/src/k8s.io/api, struct tags `patchStrategy`, `patchMergeKey`
 */

/** Lists whose elements strategic merge patches tell apart by a field; `true`: lists of primitives that are united. */
export const PATCH_MERGE_KEYS: Readonly<Record<string, string | true>> = {
  'ObjectMeta.ownerReferences': 'uid',
  'ObjectMeta.finalizers': true,
  'PodSpec.volumes': 'name',
  'PodSpec.initContainers': 'name',
  'PodSpec.containers': 'name',
  'PodSpec.ephemeralContainers': 'name',
  'PodSpec.imagePullSecrets': 'name',
  'PodSpec.hostAliases': 'ip',
  'PodSpec.topologySpreadConstraints': 'topologyKey',
  'PodSpec.resourceClaims': 'name',
  'PodSpec.schedulingGates': 'name',
  'Container.ports': 'containerPort',
  'Container.env': 'name',
  'Container.volumeMounts': 'mountPath',
  'Container.volumeDevices': 'devicePath',
  'EphemeralContainer.ports': 'containerPort',
  'EphemeralContainer.env': 'name',
  'EphemeralContainer.volumeMounts': 'mountPath',
  'EphemeralContainer.volumeDevices': 'devicePath',
  'PodStatus.conditions': 'type',
  'PodStatus.podIPs': 'ip',
  'PodStatus.hostIPs': 'ip',
  'PodStatus.resourceClaimStatuses': 'name',
  'ServiceAccount.secrets': 'name',
  'ServiceSpec.ports': 'port',
  'ServiceStatus.conditions': 'type',
  'NodeSpec.podCIDRs': true,
  'NodeStatus.conditions': 'type',
  'NodeStatus.addresses': 'type',
  'NamespaceStatus.conditions': 'type',
  'PersistentVolumeClaimStatus.conditions': 'type',
  'DeploymentStatus.conditions': 'type',
  'ReplicaSetStatus.conditions': 'type',
  'DaemonSetStatus.conditions': 'type',
  'StatefulSetStatus.conditions': 'type',
  'ReplicationControllerStatus.conditions': 'type',
  'JobStatus.conditions': 'type',
  'PodDisruptionBudgetStatus.conditions': 'type',
  'ContainerStatus.volumeMounts': 'mountPath',
  'CSINodeSpec.drivers': 'name',
};

/** Objects of which a patch may say that they keep nothing but what it names. */
export const REPLACED_OBJECTS: ReadonlySet<string> = new Set(['PodDisruptionBudgetSpec.selector']);
