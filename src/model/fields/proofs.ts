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
  [`${BAD_INPUT}: an image that is never to be pulled`]: 'Container.imagePullPolicy',
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
