/**
 * The tests that show that fields are honoured. `docs/pod-fields.md` tells them; a test sees that each is there.
 */

const ENV_VALUES =
  'src/model/env/container-env.test.ts: values come from fields, resources, ConfigMaps and Secrets';
const ENV_ORDER = 'src/model/env/container-env.test.ts: env overrides envFrom';
const ENV_OPTIONAL = 'src/model/env/container-env.test.ts: what is optional and missing sets nothing';
const RSYSLOGD = 'test/system/rsyslogd.test.ts';
const SANDBOX = 'test/system/sandbox.test.ts';
const LIFE = 'test/system/container-life.test.ts';
const EXEC = 'test/system/container-exec.test.ts';
const ATTACH = 'test/system/container-attach.test.ts';
const BAD_INPUT = 'test/system/bad-input.test.ts';
const NAMES = 'test/system/pod-fields-names.test.ts';
const SECURITY = 'test/system/pod-fields-security.test.ts';
const VOLUMES = 'test/system/pod-fields-volumes.test.ts';
const LIVES = 'test/system/pod-fields-life.test.ts';

/** `file: beginning of the test's name`, and the fields that it proves; a type alone stands for all its fields. */
const TESTS: Readonly<Record<string, string>> = {
  [ENV_VALUES]: 'Container.env EphemeralContainer.env EnvVar EnvVarSource ResourceFieldSelector',
  [ENV_ORDER]: 'Container.envFrom EphemeralContainer.envFrom EnvFromSource',
  [ENV_OPTIONAL]: 'ConfigMapEnvSource SecretEnvSource ConfigMapKeySelector SecretKeySelector',
  'src/model/field-path.test.ts: a pod tells its own fields': 'ObjectFieldSelector',
  'src/model/pod-requests.test.ts: the overhead is added': 'PodSpec.overhead',
  'src/model/cgroup-arithmetic.test.ts: pod-level limits hold for the pod': 'PodSpec.resources',
  'src/model/status/pod-phase.test.ts: one failed for good': 'PodSpec.restartPolicy',
  'src/model/status/pod-conditions.test.ts: readiness gates hold a pod back':
    'PodSpec.readinessGates PodReadinessGate.conditionType',
  'src/model/status/restart-decision.test.ts: an init container is started again':
    'PodSpec.initContainers Container.restartPolicy',
  'src/model/status/restart-decision.test.ts: restartPolicyRules':
    'Container.restartPolicyRules ContainerRestartRule ContainerRestartRuleOnExitCodes',
  [`${RSYSLOGD}: all containers share the network, IPC and UTS namespaces`]:
    'PodSpec.containers Container.name Container.image',
  [`${RSYSLOGD}: the shared volumes are the same mounts in each container`]:
    'PodSpec.volumes Volume.name Volume.emptyDir Container.volumeMounts VolumeMount.name VolumeMount.mountPath VolumeMount.readOnly',
  [`${RSYSLOGD}: each container's cgroup lies in the pod's`]:
    'Container.resources ResourceRequirements.limits ResourceRequirements.requests',
  [`${SANDBOX}: a sandbox has namespaces of its own`]:
    'PodSpec.hostname PodSecurityContext.sysctls Sysctl.name Sysctl.value',
  'test/system/user-namespace.test.ts: root in a container is a high id of the node': 'PodSpec.hostUsers',
  [`${SANDBOX}: the infra container reaps orphans as PID 1`]: 'PodSpec.shareProcessNamespace',
  [`${SANDBOX}: a host port leads to the pod from the node`]:
    'Container.ports ContainerPort.containerPort ContainerPort.hostPort ContainerPort.protocol',
  [`${LIFE}: one that succeeds goes from created over running`]: 'Container.command Container.args',
  [`${LIFE}: stopping sends the stop signal`]: 'Lifecycle.stopSignal',
  [`${LIFE}: one that ignores the signal is killed`]: 'PodSpec.terminationGracePeriodSeconds',
  [`${EXEC}: it is filtered and has no capabilities`]:
    'Container.securityContext SecurityContext.capabilities SecurityContext.seccompProfile',
  [`${EXEC}: output and exit code come back`]: 'Container.workingDir',
  [`${ATTACH}: input reaches the container, and with stdinOnce ends`]: 'Container.stdin Container.stdinOnce',
  [`${ATTACH}: a terminal has one stream and a size`]: 'Container.tty',
  [`${BAD_INPUT}: an image that is never to be pulled`]:
    'Container.imagePullPolicy EphemeralContainer.imagePullPolicy',
  [`${BAD_INPUT}: a registry that wants other credentials`]:
    'PodSpec.imagePullSecrets LocalObjectReference.name',
  'src/agent/limits.test.ts: cpu and memory are changed in place':
    'Container.resizePolicy ContainerResizePolicy',
  [`${NAMES}: hostAliases stand in /etc/hosts`]: 'PodSpec.hostAliases HostAlias',
  [`${NAMES}: dnsPolicy None takes dnsConfig alone`]:
    'PodSpec.dnsPolicy PodSpec.dnsConfig PodDNSConfig PodDNSConfigOption',
  [`${NAMES}: hostname, subdomain and setHostnameAsFQDN`]: 'PodSpec.subdomain PodSpec.setHostnameAsFQDN',
  [`${NAMES}: hostnameOverride is the name`]: 'PodSpec.hostnameOverride',
  [`${NAMES}: hostNetwork, hostPID and hostIPC`]: 'PodSpec.hostNetwork PodSpec.hostPID PodSpec.hostIPC',
  [`${NAMES}: serviceAccountName, hostIP and the other fields`]:
    'PodSpec.serviceAccountName PodSpec.os PodOS',
  [`${NAMES}: a host port on one address`]: 'ContainerPort.hostIP ContainerPort.name',
  [`${SECURITY}: runAsUser, runAsGroup and supplementalGroups`]:
    'PodSpec.securityContext PodSecurityContext.runAsUser PodSecurityContext.runAsGroup PodSecurityContext.supplementalGroups PodSecurityContext.supplementalGroupsPolicy SecurityContext.runAsUser SecurityContext.runAsGroup EphemeralContainer.securityContext',
  [`${SECURITY}: runAsNonRoot refuses an image that runs as root`]:
    'PodSecurityContext.runAsNonRoot SecurityContext.runAsNonRoot',
  [`${SECURITY}: fsGroup owns the volumes`]:
    'PodSecurityContext.fsGroup PodSecurityContext.fsGroupChangePolicy',
  [`${SECURITY}: allowPrivilegeEscalation: false, and readOnlyRootFilesystem`]:
    'SecurityContext.allowPrivilegeEscalation SecurityContext.readOnlyRootFilesystem',
  [`${SECURITY}: privileged has the devices of the node`]: 'SecurityContext.privileged Capabilities',
  [`${SECURITY}: procMount Unmasked`]: 'SecurityContext.procMount',
  [`${SECURITY}: seccompProfile: RuntimeDefault when nothing is said`]:
    'PodSecurityContext.seccompProfile SeccompProfile',
  [`${SECURITY}: appArmorProfile is used where the kernel has AppArmor`]:
    'PodSecurityContext.appArmorProfile SecurityContext.appArmorProfile AppArmorProfile',
  [`${VOLUMES}: a ConfigMap shows its items`]: 'Volume.configMap ConfigMapVolumeSource KeyToPath',
  [`${VOLUMES}: a Secret shows its items`]: 'Volume.secret SecretVolumeSource',
  [`${VOLUMES}: the downward API tells fields and resources`]:
    'Volume.downwardAPI DownwardAPIVolumeSource DownwardAPIVolumeFile',
  [`${VOLUMES}: a projected volume puts several sources together`]:
    'Volume.projected ProjectedVolumeSource VolumeProjection ConfigMapProjection SecretProjection DownwardAPIProjection',
  ['test/system/service-accounts.test.ts: a pod speaks to the API with the token that it finds']:
    'VolumeProjection.serviceAccountToken ServiceAccountTokenProjection',
  [`${VOLUMES}: a path of the node`]: 'Volume.hostPath HostPathVolumeSource',
  [`${VOLUMES}: an image is a volume`]: 'Volume.image ImageVolumeSource',
  [`${VOLUMES}: an emptyDir in memory`]: 'EmptyDirVolumeSource',
  [`${VOLUMES}: a claim keeps its data for the next pod`]:
    'Volume.persistentVolumeClaim PersistentVolumeClaimVolumeSource Volume.ephemeral EphemeralVolumeSource PersistentVolumeClaimTemplate PersistentVolumeClaimSpec VolumeResourceRequirements ObjectMeta.labels ObjectMeta.annotations',
  [`${VOLUMES}: subPath and subPathExpr`]: 'VolumeMount.subPath VolumeMount.subPathExpr',
  [`${VOLUMES}: mountPropagation and recursiveReadOnly`]:
    'VolumeMount.mountPropagation VolumeMount.recursiveReadOnly',
  [`${LIVES}: startup, readiness and liveness probes of all kinds`]:
    'Container.startupProbe Container.readinessProbe Container.livenessProbe Probe.exec Probe.httpGet Probe.tcpSocket Probe.failureThreshold Probe.initialDelaySeconds Probe.periodSeconds Probe.successThreshold Probe.timeoutSeconds ExecAction HTTPGetAction HTTPHeader TCPSocketAction',
  [`${LIVES}: a grpc probe is asked of the port`]:
    'Probe.grpc GRPCAction Probe.terminationGracePeriodSeconds',
  [`${LIVES}: postStart and preStop run in the container`]:
    'Container.lifecycle Lifecycle.postStart Lifecycle.preStop LifecycleHandler SleepAction',
  [`${LIVES}: terminationMessagePath and terminationMessagePolicy`]:
    'Container.terminationMessagePath Container.terminationMessagePolicy EphemeralContainer.terminationMessagePath EphemeralContainer.terminationMessagePolicy',
  [`${LIVES}: activeDeadlineSeconds fails the pod`]: 'PodSpec.activeDeadlineSeconds',
  [`${LIVES}: an ephemeral container joins`]: 'PodSpec.ephemeralContainers EphemeralContainer',
};

/** The proof of each field, by `Type.field` or `Type`. */
export const PROOFS: ReadonlyMap<string, string> = new Map(
  Object.entries(TESTS).flatMap(([proof, fields]) =>
    fields.split(' ').map((field) => [field, proof] as const),
  ),
);

/** The test that proves a field honoured, if it has been named. */
export function proofOf(typeName: string, field: string): string | undefined {
  return PROOFS.get(`${typeName}.${field}`) ?? PROOFS.get(typeName);
}
