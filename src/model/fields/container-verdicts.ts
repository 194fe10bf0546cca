import type { VerdictTable } from './verdict.ts';

const WINDOWS = 'pods run on Linux only';
const BLOCK = 'raw block volumes need a storage driver of a cluster';
const EPHEMERAL = 'Kubernetes does not allow it for an ephemeral container';

const EVERY_CONTAINER = `args command env envFrom image imagePullPolicy name securityContext stdin stdinOnce
  terminationMessagePath terminationMessagePolicy tty volumeMounts workingDir`;

/** Containers of all kinds, and what belongs to one container. */
export const CONTAINER_VERDICTS: VerdictTable = {
  Container: {
    honoured: `${EVERY_CONTAINER} lifecycle livenessProbe ports readinessProbe resizePolicy resources
      restartPolicy restartPolicyRules startupProbe`,
    refused: { volumeDevices: BLOCK },
  },
  EphemeralContainer: {
    honoured: `${EVERY_CONTAINER} targetContainerName`,
    withoutEffect: { resources: EPHEMERAL },
    refused: {
      lifecycle: EPHEMERAL,
      livenessProbe: EPHEMERAL,
      ports: EPHEMERAL,
      readinessProbe: EPHEMERAL,
      resizePolicy: EPHEMERAL,
      restartPolicy: EPHEMERAL,
      restartPolicyRules: EPHEMERAL,
      startupProbe: EPHEMERAL,
      volumeDevices: BLOCK,
    },
  },
  EnvVar: { honoured: 'name value valueFrom' },
  EnvVarSource: {
    honoured: 'configMapKeyRef fieldRef resourceFieldRef secretKeyRef',
    refused: { fileKeyRef: 'values from files are an alpha feature of Kubernetes' },
  },
  EnvFromSource: { honoured: 'configMapRef prefix secretRef' },
  ConfigMapEnvSource: { honoured: 'name optional' },
  SecretEnvSource: { honoured: 'name optional' },
  ConfigMapKeySelector: { honoured: 'key name optional' },
  SecretKeySelector: { honoured: 'key name optional' },
  ObjectFieldSelector: { honoured: 'apiVersion fieldPath' },
  ResourceFieldSelector: { honoured: 'containerName divisor resource' },
  ContainerPort: { honoured: 'containerPort hostIP hostPort name protocol' },
  ContainerResizePolicy: { honoured: 'resourceName restartPolicy' },
  ContainerRestartRule: { honoured: 'action exitCodes' },
  ContainerRestartRuleOnExitCodes: { honoured: 'operator values' },
  VolumeMount: {
    honoured: 'mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr',
  },

  Lifecycle: { honoured: 'postStart preStop stopSignal' },
  LifecycleHandler: {
    honoured: 'exec httpGet sleep',
    refused: { tcpSocket: 'Kubernetes keeps the field for old manifests only, and fails such hooks' },
  },
  SleepAction: { honoured: 'seconds' },
  Probe: {
    honoured: `exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket
      terminationGracePeriodSeconds timeoutSeconds`,
  },
  ExecAction: { honoured: 'command' },
  GRPCAction: { honoured: 'port service' },
  HTTPGetAction: { honoured: 'host httpHeaders path port scheme' },
  HTTPHeader: { honoured: 'name value' },
  TCPSocketAction: { honoured: 'host port' },

  SecurityContext: {
    honoured: `allowPrivilegeEscalation appArmorProfile capabilities privileged procMount
      readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser seccompProfile`,
    refused: { seLinuxOptions: 'SELinux labels are not applied', windowsOptions: WINDOWS },
  },
  Capabilities: { honoured: 'add drop' },
};
