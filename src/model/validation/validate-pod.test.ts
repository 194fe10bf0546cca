import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container, Pod, PodSpec, Volume, VolumeMount } from '../api/types.ts';
import { defaultPod } from '../defaults/default-pod.ts';
import { formatFieldError } from '../field-error.ts';
import { validateAddedEphemeralContainers, validatePod } from './validate-pod.ts';

function errorsOf(pod: Pod): string[] {
  return validatePod(defaultPod(pod)).map(formatFieldError);
}

function specErrors(spec: Partial<PodSpec>): string[] {
  return errorsOf({ metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
}

function containerErrors(container: Partial<Container>, spec: Partial<PodSpec> = {}): string[] {
  return specErrors({ ...spec, containers: [{ name: 'c', image: 'i', ...container }] });
}

function volumeErrors(volume: Partial<Volume>): string[] {
  return specErrors({ volumes: [{ name: 'v', ...volume }] });
}

function mountErrors(mount: Partial<VolumeMount>, container: Partial<Container> = {}): string[] {
  const volumeMounts = [{ name: 'v', mountPath: '/m', ...mount }];
  return containerErrors({ volumeMounts, ...container }, { volumes: [{ name: 'v', emptyDir: {} }] });
}

const C = 'spec.containers[0]';

/** What is wrong, what finds it, and the errors; a regular expression where Kubernetes' text is long. */
const CASES: [string, () => string[], (string | RegExp)[]][] = [
  [
    'no name',
    () => errorsOf({ spec: { containers: [{ name: 'c', image: 'i' }] } }),
    ['metadata.name: Required value: name or generateName is required'],
  ],
  [
    'a generated name is enough',
    () => errorsOf({ metadata: { generateName: 'x-' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    [],
  ],
  [
    'a bad name',
    () => errorsOf({ metadata: { name: 'A_b' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    [/^metadata\.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of/],
  ],
  [
    'a name that is a path',
    () => errorsOf({ metadata: { name: '../x' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    [/^metadata\.name: Invalid value: "\.\.\/x"/],
  ],
  [
    'a bad label',
    () =>
      errorsOf({
        metadata: { name: 'x', labels: { 'a/b/c': 'x', ok: '-' } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      }),
    [
      /^metadata\.labels: Invalid value: "a\/b\/c": a qualified name must consist/,
      /^metadata\.labels\[ok\]: Invalid value: "-": a valid label must be/,
    ],
  ],
  [
    'huge annotations',
    () =>
      errorsOf({
        metadata: { name: 'x', annotations: { a: 'x'.repeat(300_000) } },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      }),
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  ['no containers', () => specErrors({ containers: [] }), ['spec.containers: Required value']],
  [
    'no image',
    () => specErrors({ containers: [{ name: 'a', image: 'i' }, { name: 'b' }] }),
    ['spec.containers[1].image: Required value'],
  ],
  [
    'a padded image',
    () => containerErrors({ image: ' i' }),
    [`${C}.image: Invalid value: " i": must not have leading or trailing whitespace`],
  ],
  [
    'a bad container name',
    () => containerErrors({ name: 'a.b' }),
    [/^spec\.containers\[0\]\.name: Invalid value: "a\.b": a lowercase RFC 1123 label must/],
  ],
  [
    'a duplicate name',
    () => specErrors({ initContainers: [{ name: 'c', image: 'i' }] }),
    ['spec.initContainers[0].name: Duplicate value: "c"'],
  ],
  [
    'a pull policy',
    () => containerErrors({ imagePullPolicy: 'Sometimes' }),
    [
      `${C}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
    ],
  ],
  [
    'a restart policy',
    () => specErrors({ restartPolicy: 'always' }),
    ['spec.restartPolicy: Unsupported value: "always": supported values: "Always", "Never", "OnFailure"'],
  ],

  [
    'a port out of range',
    () => containerErrors({ ports: [{ containerPort: 70_000 }] }),
    [`${C}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`],
  ],
  [
    'no port',
    () => containerErrors({ ports: [{ containerPort: 0 }] }),
    [`${C}.ports[0].containerPort: Required value`],
  ],
  [
    'a host port twice',
    () =>
      specErrors({
        containers: [
          { name: 'a', image: 'i', ports: [{ containerPort: 1, hostPort: 80 }] },
          { name: 'b', image: 'i', ports: [{ containerPort: 2, hostPort: 80 }] },
        ],
      }),
    ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
  ],
  [
    'the same host port for another protocol',
    () =>
      containerErrors({
        ports: [
          { containerPort: 1, hostPort: 80 },
          { containerPort: 1, hostPort: 80, protocol: 'UDP' },
        ],
      }),
    [],
  ],
  [
    'a port name twice',
    () =>
      containerErrors({
        ports: [
          { containerPort: 1, name: 'a' },
          { containerPort: 2, name: 'a' },
        ],
      }),
    [`${C}.ports[1].name: Duplicate value: "a"`],
  ],
  [
    'a bad port name',
    () => containerErrors({ ports: [{ containerPort: 1, name: 'a--B' }] }),
    [
      `${C}.ports[0].name: Invalid value: "a--B": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      `${C}.ports[0].name: Invalid value: "a--B": must not contain consecutive hyphens`,
    ],
  ],
  [
    'a protocol',
    () => containerErrors({ ports: [{ containerPort: 1, protocol: 'tcp' }] }),
    [`${C}.ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"`],
  ],
  [
    "another port than the host's",
    () => containerErrors({ ports: [{ containerPort: 1, hostPort: 2 }] }, { hostNetwork: true }),
    [`${C}.ports[0].containerPort: Invalid value: 1: must match \`hostPort\` when \`hostNetwork\` is true`],
  ],

  [
    'an env name with =',
    () => containerErrors({ env: [{ name: 'A=B' }] }),
    [
      `${C}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
    ],
  ],
  [
    'an env name with a line break',
    () => containerErrors({ env: [{ name: 'A\nB' }] }),
    [/env\[0\]\.name: Invalid value: "A\\nB"/],
  ],
  [
    'an env value from nowhere',
    () => containerErrors({ env: [{ name: 'A', valueFrom: {} }] }),
    [/env\[0\]\.valueFrom: Invalid value: "": must specify one of/],
  ],
  [
    'an env value twice',
    () =>
      containerErrors({
        env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      }),
    [`${C}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
  ],
  [
    'a field that env cannot have',
    () => containerErrors({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.hostname' } } }] }),
    [/fieldRef\.fieldPath: Unsupported value: "spec\.hostname": supported values: "metadata\.name"/],
  ],
  [
    'a label by name',
    () =>
      containerErrors({
        env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }],
      }),
    [],
  ],
  [
    'a resource that env cannot have',
    () =>
      containerErrors({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.disk' } } }] }),
    [/resource: Unsupported value: "limits\.disk"/],
  ],
  [
    'a divisor',
    () =>
      containerErrors({
        env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }],
      }),
    [/divisor: Invalid value: "2": only divisor's values 1m and 1 are supported with the cpu resource/],
  ],
  [
    'a key without object',
    () => containerErrors({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { key: '..x' } } }] }),
    [
      /configMapKeyRef\.name: Required value/,
      /configMapKeyRef\.key: Invalid value: "\.\.x": must not start with '\.\.'/,
    ],
  ],
  [
    'envFrom nowhere',
    () => containerErrors({ envFrom: [{}] }),
    [/envFrom\[0\]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`/],
  ],

  [
    'two volume sources',
    () => volumeErrors({ emptyDir: {}, hostPath: { path: '/x' } }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  [
    'a volume twice',
    () => specErrors({ volumes: [{ name: 'v' }, { name: 'v' }] }),
    ['spec.volumes[1].name: Duplicate value: "v"'],
  ],
  [
    'an upward hostPath',
    () => volumeErrors({ hostPath: { path: '/a/../b' } }),
    ['spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
  ],
  [
    'a relative hostPath',
    () => volumeErrors({ hostPath: { path: 'a' } }),
    ['spec.volumes[0].hostPath.path: Invalid value: "a": must be an absolute path'],
  ],
  [
    'a hostPath type',
    () => volumeErrors({ hostPath: { path: '/a', type: 'Dir' } }),
    [/hostPath\.type: Unsupported value: "Dir": supported values: "", "BlockDevice"/],
  ],
  [
    'a file mode',
    () => volumeErrors({ configMap: { name: 'c', defaultMode: 0o1777 } }),
    [
      'spec.volumes[0].configMap.defaultMode: Invalid value: 1023: must be a number between 0 and 0777 (octal), both inclusive',
    ],
  ],
  [
    'an item that leaves the volume',
    () =>
      volumeErrors({
        secret: {
          secretName: 's',
          items: [
            { key: 'k', path: '../../etc/passwd' },
            { key: 'k', path: '/x' },
            { key: 'k', path: '..data' },
          ],
        },
      }),
    [
      'spec.volumes[0].secret.items[0].path: Invalid value: "../../etc/passwd": must not contain \'..\'',
      'spec.volumes[0].secret.items[1].path: Invalid value: "/x": must be a relative path',
      'spec.volumes[0].secret.items[2].path: Invalid value: "..data": must not start with \'..\'',
    ],
  ],
  [
    'a downward item of nothing',
    () => volumeErrors({ downwardAPI: { items: [{ path: 'x' }] } }),
    [
      'spec.volumes[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required',
    ],
  ],
  [
    'a downward resource of no container',
    () =>
      volumeErrors({ downwardAPI: { items: [{ path: 'x', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
    ['spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: Required value'],
  ],
  [
    'a projected file twice',
    () =>
      volumeErrors({
        projected: {
          sources: [
            { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
            { secret: { name: 'b', items: [{ key: 'k', path: 'p' }] } },
          ],
        },
      }),
    ['spec.volumes[0].projected.sources[1]: Invalid value: "p": conflicting duplicate paths'],
  ],
  [
    'a short-lived token',
    () =>
      volumeErrors({
        projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] },
      }),
    [/expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes/],
  ],
  [
    'no claim',
    () => volumeErrors({ persistentVolumeClaim: { claimName: '' } }),
    ['spec.volumes[0].persistentVolumeClaim.claimName: Required value'],
  ],
  [
    'no image to mount',
    () => volumeErrors({ image: {} }),
    ['spec.volumes[0].image.reference: Required value'],
  ],

  ['an unknown volume', () => mountErrors({ name: 'w' }), [`${C}.volumeMounts[0].name: Not found: "w"`]],
  [
    'a path twice',
    () =>
      containerErrors(
        {
          volumeMounts: [
            { name: 'v', mountPath: '/m' },
            { name: 'v', mountPath: '/m' },
          ],
        },
        { volumes: [{ name: 'v' }] },
      ),
    [`${C}.volumeMounts[1].mountPath: Invalid value: "/m": must be unique`],
  ],
  [
    'a subPath that goes up',
    () => mountErrors({ subPath: 'a/../../b' }),
    [`${C}.volumeMounts[0].subPath: Invalid value: "a/../../b": must not contain '..'`],
  ],
  [
    'an absolute subPath',
    () => mountErrors({ subPath: '/etc' }),
    [`${C}.volumeMounts[0].subPath: Invalid value: "/etc": must be a relative path`],
  ],
  [
    'subPath and its expression',
    () => mountErrors({ subPath: 'a', subPathExpr: 'b' }),
    [`${C}.volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive`],
  ],
  [
    'propagation without privilege',
    () => mountErrors({ mountPropagation: 'Bidirectional' }),
    [
      `${C}.volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
    ],
  ],
  [
    'propagation with privilege',
    () => mountErrors({ mountPropagation: 'Bidirectional' }, { securityContext: { privileged: true } }),
    [],
  ],
  [
    'recursive read-only that is not read-only',
    () => mountErrors({ recursiveReadOnly: 'Enabled' }),
    [`${C}.volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true`],
  ],

  [
    'a probe of nothing',
    () => containerErrors({ livenessProbe: {} }),
    [`${C}.livenessProbe: Required value: must specify a handler type`],
  ],
  [
    'a probe of two things',
    () => containerErrors({ livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
    [`${C}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
  ],
  [
    'a probe with a line break in a header',
    () =>
      containerErrors({
        readinessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'X', value: 'a\r\nB: c' }] } },
      }),
    [/httpHeaders\[0\]\.value: Invalid value: "a\\r\\nB: c": must not contain control characters/],
  ],
  [
    'a liveness success threshold',
    () => containerErrors({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
    [`${C}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  ],
  [
    'a negative period',
    () => containerErrors({ readinessProbe: { exec: { command: ['a'] }, periodSeconds: -1 } }),
    [`${C}.readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`],
  ],
  [
    'a grace period of readiness',
    () => containerErrors({ readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 1 } }),
    [/must not be set for readinessProbes/],
  ],
  [
    'a hook that sleeps too long',
    () => containerErrors({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    [
      `${C}.lifecycle.preStop.sleep.seconds: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`,
    ],
  ],
  [
    'a stop signal without OS',
    () => containerErrors({ lifecycle: { stopSignal: 'SIGUSR1' } }),
    [/stopSignal: Forbidden: may not be set for containers with empty `spec\.os\.name`/],
  ],
  [
    'a stop signal that there is',
    () => containerErrors({ lifecycle: { stopSignal: 'SIGRTMIN+3' } }, { os: { name: 'linux' } }),
    [],
  ],
  [
    'a probe of an init container',
    () =>
      specErrors({
        initContainers: [{ name: 'i', image: 'i', livenessProbe: { exec: { command: ['a'] } } }],
      }),
    [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ],
  [
    'a probe of a sidecar',
    () =>
      specErrors({
        initContainers: [
          { name: 'i', image: 'i', restartPolicy: 'Always', livenessProbe: { exec: { command: ['a'] } } },
        ],
      }),
    [],
  ],

  [
    'a request above its limit',
    () => containerErrors({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    [`${C}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`],
  ],
  [
    'a negative limit',
    () => containerErrors({ resources: { limits: { memory: '-1' } } }),
    [
      `${C}.resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0`,
      `${C}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
    ],
  ],
  [
    'a resource that there is not',
    () => containerErrors({ resources: { requests: { disk: '1' } } }),
    [`${C}.resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers`],
  ],
  [
    'half a device',
    () => containerErrors({ resources: { limits: { 'example.com/gpu': '500m' } } }),
    [
      /limits\[example\.com\/gpu\]: Invalid value: "500m": must be an integer/,
      /requests\[example\.com\/gpu\]: Invalid value: "500m": must be an integer/,
    ],
  ],
  [
    'huge pages alone',
    () => containerErrors({ resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
    [`${C}.resources: Forbidden: HugePages require cpu or memory`],
  ],
  [
    'a pod that requests less than its containers',
    () =>
      containerErrors({ resources: { requests: { cpu: '2' } } }, { resources: { requests: { cpu: '1' } } }),
    [
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    ],
  ],

  [
    'a uid that wraps around',
    () => containerErrors({ securityContext: { runAsUser: 4_294_967_296 } }),
    [
      `${C}.securityContext.runAsUser: Invalid value: 4294967296: must be between 0 and 2147483647, inclusive`,
    ],
  ],
  [
    'a negative gid',
    () => specErrors({ securityContext: { runAsGroup: -1, supplementalGroups: [1, 2 ** 31] } }),
    [
      'spec.securityContext.runAsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.securityContext.supplementalGroups[1]: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive',
    ],
  ],
  [
    'privilege without escalation',
    () => containerErrors({ securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
    [
      /securityContext: Invalid value: \{.*\}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true/,
    ],
  ],
  [
    'a local profile without name',
    () => specErrors({ securityContext: { seccompProfile: { type: 'Localhost' } } }),
    [
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  ],
  [
    'a local profile elsewhere',
    () =>
      specErrors({ securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: '../x' } } }),
    [/localhostProfile: Invalid value: "\.\.\/x": must not contain '\.\.'/],
  ],
  [
    "an unmasked /proc with the host's users",
    () => containerErrors({ securityContext: { procMount: 'Unmasked' } }),
    [
      `${C}.securityContext.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``,
    ],
  ],
  [
    'a sysctl that is a command',
    () =>
      specErrors({
        securityContext: {
          sysctls: [
            { name: 'kernel.shm_rmid_forced+kernel.core_pattern', value: '1' },
            { name: 'net.a', value: '1\n2' },
          ],
        },
      }),
    [
      /sysctls\[0\]\.name: Invalid value: "kernel\.shm_rmid_forced\+kernel\.core_pattern": must have at most 253 characters and match regex/,
      /sysctls\[1\]\.value: .*must not contain control characters/,
    ],
  ],
  [
    'a sysctl twice',
    () =>
      specErrors({
        securityContext: {
          sysctls: [
            { name: 'net.a', value: '1' },
            { name: 'net/a', value: '1' },
          ],
        },
      }),
    ['spec.securityContext.sysctls[1].name: Duplicate value: "net/a"'],
  ],
  [
    'two ideas of PIDs',
    () => specErrors({ hostPID: true, shareProcessNamespace: true }),
    [
      'spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
    ],
  ],
  [
    "own users on the host's network",
    () => specErrors({ hostUsers: false, hostNetwork: true }),
    ['spec.hostNetwork: Forbidden: when `hostUsers` is false'],
  ],

  [
    'a bad alias',
    () => specErrors({ hostAliases: [{ ip: '1.2.3', hostnames: ['a\nb'] }] }),
    [
      /hostAliases\[0\]\.ip: Invalid value: "1\.2\.3": must be a valid IP address/,
      /hostAliases\[0\]\.hostnames\[0\]: Invalid value: "a\\nb"/,
    ],
  ],
  [
    'too many nameservers',
    () => specErrors({ dnsConfig: { nameservers: ['1.1.1.1', '::1', '1.1.1.2', '1.1.1.3'] } }),
    [/dnsConfig\.nameservers: Invalid value: .*: must not have more than 3 nameservers/],
  ],
  [
    'searches as they are used',
    () => specErrors({ dnsConfig: { searches: ['svc.cluster.local.', '.', '_tcp.example.com'] } }),
    [],
  ],
  [
    'no nameserver',
    () => specErrors({ dnsPolicy: 'None' }),
    ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
  ],
  [
    'an option with a line break',
    () => specErrors({ dnsConfig: { options: [{ name: 'ndots', value: '1\nnameserver 6.6.6.6' }] } }),
    [/options\[0\]\.value: .*must not contain control characters/],
  ],

  [
    'a toleration',
    () =>
      specErrors({
        tolerations: [
          { operator: 'Exists', key: 'a', value: 'b' },
          { value: 'x' },
          { key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 },
        ],
      }),
    [
      /tolerations\[0\]\.operator: Invalid value: "b": value must be empty when `operator` is 'Exists'/,
      /tolerations\[1\]\.operator: .*operator must be Exists when `key` is empty/,
      /tolerations\[2\]\.effect: Invalid value: "NoSchedule": effect must be 'NoExecute'/,
    ],
  ],
  [
    'an affinity',
    () =>
      specErrors({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'In' }] }],
            },
          },
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 0, podAffinityTerm: { topologyKey: '' } },
            ],
          },
        },
      }),
    [
      /values: Required value: must be specified when `operator` is 'In' or 'NotIn'/,
      /weight: Invalid value: 0: must be in the range 1-100/,
      /topologyKey: Required value: can not be empty/,
    ],
  ],
  [
    'a spread',
    () =>
      specErrors({
        topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'Never' }],
      }),
    [
      /maxSkew: Invalid value: 0: must be greater than zero/,
      /whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"/,
    ],
  ],

  [
    'no time',
    () => specErrors({ activeDeadlineSeconds: 0 }),
    ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
  ],
  [
    'a negative grace period',
    () => specErrors({ terminationGracePeriodSeconds: -1 }),
    ['spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'rules without policy',
    () =>
      containerErrors({
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1, 1] } }],
      }),
    [
      `${C}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`,
      `${C}.restartPolicyRules[0].exitCodes.values[1]: Duplicate value: 1`,
    ],
  ],
  [
    'a resize that restarts',
    () =>
      containerErrors(
        { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] },
        { restartPolicy: 'Never' },
      ),
    [/resizePolicy\[0\]\.restartPolicy: Invalid value: "RestartContainer": must be 'NotRequired'/],
  ],
  [
    'ephemeral containers from the start',
    () => specErrors({ ephemeralContainers: [{ name: 'e', image: 'i' }] }),
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    const actual = errors();
    assert.equal(actual.length, expected.length, actual.join('\n'));
    for (const [index, pattern] of expected.entries()) {
      if (typeof pattern === 'string') assert.equal(actual[index], pattern);
      else assert.match(actual[index] ?? '', pattern);
    }
  });
}

test('what is added to a running pod may not have ports, probes or resources, and targets a container of the pod', () => {
  const pod = defaultPod({
    metadata: { name: 'x' },
    spec: {
      containers: [{ name: 'c', image: 'i' }],
      ephemeralContainers: [
        { name: 'c', image: 'i', ports: [{ containerPort: 1 }], resources: { limits: { cpu: '1' } } },
        { name: 'd', image: 'i', targetContainerName: 'nobody' },
        { name: 'e', image: 'i', targetContainerName: 'c' },
      ],
    },
  });
  assert.deepEqual(validateAddedEphemeralContainers(pod).map(formatFieldError), [
    'spec.ephemeralContainers[0].name: Duplicate value: "c"',
    'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    'spec.ephemeralContainers[0].resources: Forbidden: cannot be set for an Ephemeral Container',
    'spec.ephemeralContainers[1].targetContainerName: Not found: "nobody"',
  ]);
});
