/**
 * What server-side apply takes apart and what it takes whole: data of Kubernetes' API types, which their generated form
 * does not carry. Lists that are not named here are taken whole.
 * @see kubernetes/staging/src/k8s.io/api, struct tags `listType`, `listMapKey`, `mapType`, `structType`
 */

/** Lists that server-side apply tells the elements of apart by these fields. */
export const LIST_MAP_KEYS: Readonly<Record<string, readonly string[]>> = {
  'ObjectMeta.ownerReferences': ['uid'],
  'PodSpec.volumes': ['name'],
  'PodSpec.initContainers': ['name'],
  'PodSpec.containers': ['name'],
  'PodSpec.ephemeralContainers': ['name'],
  'PodSpec.imagePullSecrets': ['name'],
  'PodSpec.hostAliases': ['ip'],
  'PodSpec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'PodSpec.resourceClaims': ['name'],
  'PodSpec.schedulingGates': ['name'],
  'Container.ports': ['containerPort', 'protocol'],
  'Container.env': ['name'],
  'Container.volumeMounts': ['mountPath'],
  'Container.volumeDevices': ['devicePath'],
  'EphemeralContainer.ports': ['containerPort', 'protocol'],
  'EphemeralContainer.env': ['name'],
  'EphemeralContainer.volumeMounts': ['mountPath'],
  'EphemeralContainer.volumeDevices': ['devicePath'],
  'ResourceRequirements.claims': ['name'],
  'PodStatus.conditions': ['type'],
  'PodStatus.podIPs': ['ip'],
  'PodStatus.resourceClaimStatuses': ['name'],
  'ServiceAccount.secrets': ['name'],
  'ServiceSpec.ports': ['port', 'protocol'],
  'ServiceStatus.conditions': ['type'],
  'NodeStatus.conditions': ['type'],
  'NodeStatus.addresses': ['type'],
  'NamespaceStatus.conditions': ['type'],
  'PersistentVolumeClaimStatus.conditions': ['type'],
  'DeploymentStatus.conditions': ['type'],
  'ReplicaSetStatus.conditions': ['type'],
  'DaemonSetStatus.conditions': ['type'],
  'StatefulSetStatus.conditions': ['type'],
  'ReplicationControllerStatus.conditions': ['type'],
  'PodDisruptionBudgetStatus.conditions': ['type'],
  'ContainerStatus.volumeMounts': ['mountPath'],
  'CSINodeSpec.drivers': ['name'],
  'PodGroupStatusV1alpha2.conditions': ['type'],
  'PodGroupStatusV1alpha2.resourceClaimStatuses': ['name'],
  'WorkloadSpecV1alpha2.podGroupTemplates': ['name'],
};

/** The values that list keys have when an element does not say them. */
export const LIST_KEY_DEFAULTS: Readonly<Record<string, string>> = {
  'Container.ports.protocol': 'TCP',
  'EphemeralContainer.ports.protocol': 'TCP',
  'ServiceSpec.ports.protocol': 'TCP',
};

/** Lists of primitives that server-side apply takes as sets. */
export const SET_LISTS: ReadonlySet<string> = new Set(['ObjectMeta.finalizers', 'NodeSpec.podCIDRs']);

/** Types and fields that server-side apply takes as one value: who sets a part owns the whole. */
export const ATOMIC: ReadonlySet<string> = new Set([
  'LabelSelector',
  'NodeSelector',
  'NodeSelectorTerm',
  'ObjectReference',
  'LocalObjectReference',
  'TypedLocalObjectReference',
  'SecretReference',
  'ObjectFieldSelector',
  'ResourceFieldSelector',
  'ConfigMapKeySelector',
  'SecretKeySelector',
  'FileKeySelector',
  'RoleRef',
  'Subject',
  'ScopeSelector',
  'ScopedResourceSelectorRequirement',
  'TopologySelectorTerm',
  'PodSpec.nodeSelector',
  'ReplicationControllerSpec.selector',
  'ServiceSpec.selector',
]);
