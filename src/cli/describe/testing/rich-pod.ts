import type { Event, Pod } from '../../../model/api/types.ts';

const STARTED = '2026-01-02T03:04:05Z';
const FINISHED = '2026-01-02T03:05:06Z';

/** A pod of which nearly every line of `kubectl describe` has something to say. */
export const RICH_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: '1',
    labels: { tier: 'front', app: 'web' },
    annotations: {
      note: 'short',
      lines: 'one\ntwo',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      long: 'x'.repeat(200),
    },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: '2', controller: true },
    ],
  },
  spec: {
    nodeName: 'n1',
    priority: 7,
    priorityClassName: 'high',
    serviceAccountName: 'robot',
    securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'strict.json' } },
    nodeSelector: { zone: 'b', disk: 'ssd' },
    readinessGates: [{ conditionType: 'example.com/ready' }, { conditionType: 'example.com/other' }],
    tolerations: [
      { key: 'b', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { key: 'a', value: 'x', effect: 'NoSchedule' },
      { operator: 'Exists' },
    ],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
    initContainers: [{ name: 'setup', image: 'busybox', command: ['sh', '-c', 'one\ntwo'] }],
    containers: [
      {
        name: 'main',
        image: 'nginx:1',
        args: ['-g', 'daemon off;'],
        ports: [
          { containerPort: 80, hostPort: 8080, protocol: 'TCP' },
          { containerPort: 53, protocol: 'UDP' },
        ],
        resources: { limits: { memory: '64Mi', cpu: '1' }, requests: { cpu: '500m' } },
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        livenessProbe: {
          httpGet: { port: 80, path: '/ok', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        readinessProbe: {
          exec: { command: ['test', '-f', '/ready'] },
          initialDelaySeconds: 4,
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        startupProbe: {
          tcpSocket: { port: 'http' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        envFrom: [
          { configMapRef: { name: 'all' } },
          { prefix: 'S_', secretRef: { name: 'words', optional: true } },
        ],
        env: [
          { name: 'PLAIN', value: 'value' },
          { name: 'LINES', value: 'one\ntwo' },
          { name: 'NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
          { name: 'ADDRESS', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
          { name: 'WORD', valueFrom: { secretKeyRef: { name: 'words', key: 'word' } } },
          { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'settings', key: 'key', optional: true } } },
        ],
        volumeMounts: [
          { name: 'words', mountPath: '/words', readOnly: true },
          { name: 'data', mountPath: '/data', subPath: 'here' },
        ],
      },
      { name: 'side', image: 'busybox' },
    ],
    ephemeralContainers: [{ name: 'debug', image: 'busybox' }],
    volumes: [
      { name: 'data', emptyDir: { medium: 'Memory', sizeLimit: '10Mi' } },
      { name: 'disk', emptyDir: {} },
      { name: 'words', secret: { secretName: 'words', optional: true } },
      { name: 'settings', configMap: { name: 'settings' } },
      { name: 'host', hostPath: { path: '/srv', type: 'Directory' } },
      { name: 'anything', hostPath: { path: '/opt', type: '' } },
      { name: 'claim', persistentVolumeClaim: { claimName: 'claim' } },
      {
        name: 'scratch',
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { labels: { a: 'b', c: 'd' } },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: 'fast',
              volumeMode: 'Filesystem',
              resources: { requests: { storage: '1Gi' } },
            },
          },
        },
      },
      {
        name: 'mix',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
            { configMap: { name: 'ca', optional: true } },
            { secret: { name: 'words' } },
            { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
      {
        name: 'about',
        downwardAPI: {
          items: [
            { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
            { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu' } },
          ],
        },
      },
      { name: 'tools', image: { reference: 'tools:1', pullPolicy: 'IfNotPresent' } },
    ],
  },
  status: {
    phase: 'Running',
    reason: 'Because',
    message: 'it is so',
    hostIP: '192.0.2.1',
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }, { ip: 'fd00::2' }],
    nominatedNodeName: 'n2',
    qosClass: 'Burstable',
    startTime: STARTED,
    conditions: [
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
      { type: 'example.com/ready', status: 'True' },
    ],
    initContainerStatuses: [
      {
        name: 'setup',
        image: 'busybox',
        imageID: 'sha256:2',
        containerID: 'peapod://3',
        ready: true,
        restartCount: 0,
        state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: STARTED, finishedAt: FINISHED } },
      },
    ],
    containerStatuses: [
      {
        name: 'main',
        image: 'nginx:1',
        imageID: 'sha256:1',
        containerID: 'peapod://1',
        ready: false,
        restartCount: 3,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
        lastState: {
          terminated: {
            exitCode: 137,
            signal: 9,
            reason: 'OOMKilled',
            message: 'too much',
            startedAt: STARTED,
            finishedAt: FINISHED,
          },
        },
      },
      {
        name: 'side',
        image: 'busybox',
        imageID: 'sha256:2',
        containerID: 'peapod://2',
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: STARTED } },
      },
    ],
  },
} satisfies Pod;

const COMMON = { metadata: { name: 'e', namespace: 'default' }, involvedObject: { uid: '1' } };

export const RICH_EVENTS: Event[] = [
  {
    ...COMMON,
    type: 'Warning',
    reason: 'BackOff',
    message: 'Back-off restarting failed container main ',
    count: 3,
    firstTimestamp: STARTED,
    lastTimestamp: FINISHED,
    source: { component: 'kubelet' },
  },
  {
    ...COMMON,
    type: 'Normal',
    reason: 'Scheduled',
    message: 'Successfully assigned default/web to n1',
    firstTimestamp: STARTED,
    lastTimestamp: STARTED,
    reportingComponent: 'default-scheduler',
  },
];
