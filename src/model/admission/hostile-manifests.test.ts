/** Manifests that try to leave their pod: each is refused by the name of the field, or is harmless. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container, ObjectMeta, Pod, PodSpec } from '../api/types.ts';
import { formatFieldError } from '../field-error.ts';
import { examineConfigMap, examinePod, examineSecret } from './admit-object.ts';

const MANIFESTS: Record<
  string,
  { spec?: Partial<PodSpec>; container?: Partial<Container>; metadata?: ObjectMeta; refused: string[] }
> = {
  'uid overflow to root': {
    container: { securityContext: { runAsUser: 2 ** 32, runAsGroup: 2 ** 32 } },
    refused: [
      'spec.containers[0].securityContext.runAsUser',
      'spec.containers[0].securityContext.runAsGroup',
    ],
  },
  'group overflow': {
    spec: { securityContext: { fsGroup: 2 ** 32, supplementalGroups: [2 ** 32] } },
    refused: ['spec.securityContext.fsGroup', 'spec.securityContext.supplementalGroups[0]'],
  },
  'sysctls joined by +': {
    spec: {
      securityContext: {
        sysctls: [
          { name: 'kernel.shm_rmid_forced', value: '1+kernel.core_pattern=|/evil' },
          { name: 'kernel.shm_rmid_forced+kernel.core_pattern', value: '|/evil' },
        ],
      },
    },
    refused: ['spec.securityContext.sysctls[1].name', 'spec.securityContext.sysctls[1].name'],
  },
  'a sysctl that concerns the node': {
    spec: { securityContext: { sysctls: [{ name: 'kernel/core_pattern', value: '|/evil' }] } },
    refused: ['spec.securityContext.sysctls[0].name'],
  },
  'a pod name that is a path': { metadata: { name: '../../etc' }, refused: ['metadata.name'] },
  'a namespace that is a path': { metadata: { name: 'x', namespace: '..' }, refused: ['metadata.namespace'] },
  'a container name that leaves the log directory': {
    container: { name: '../../../etc/cron.d' },
    refused: ['spec.containers[0].name'],
  },
  'a volume name that is a path': {
    spec: { volumes: [{ name: '../x', emptyDir: {} }] },
    refused: ['spec.volumes[0].name'],
  },
  'a subPath that leaves its volume': {
    spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    container: {
      volumeMounts: [
        { name: 'v', mountPath: '/m', subPath: '../../..' },
        { name: 'v', mountPath: '/n', subPathExpr: '$(X)/../..' },
      ],
    },
    refused: ['spec.containers[0].volumeMounts[0].subPath', 'spec.containers[0].volumeMounts[1].subPathExpr'],
  },
  'an item that is written through ..data': {
    spec: {
      volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: '..data/../../x' }] } }],
    },
    refused: ['spec.volumes[0].configMap.items[0].path'],
  },
  'a seccomp profile outside its directory': {
    container: {
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: '../../../etc/passwd' } },
    },
    refused: ['spec.containers[0].securityContext.seccompProfile.localhostProfile'],
  },
  'a line break in /etc/hosts': {
    spec: { hostAliases: [{ ip: '127.0.0.1', hostnames: ['a\n6.6.6.6 bank'] }] },
    refused: ['spec.hostAliases[0].hostnames[0]'],
  },
  'a line break in /etc/resolv.conf': {
    spec: {
      dnsConfig: { searches: ['a\nnameserver 6.6.6.6'], options: [{ name: 'x\nnameserver 6.6.6.6' }] },
    },
    refused: ['spec.dnsConfig.searches[0]', 'spec.dnsConfig.options[0].name'],
  },
  'a line break in a probe': {
    container: {
      livenessProbe: {
        httpGet: { port: 80, path: '/ HTTP/1.1\r\nX: y', httpHeaders: [{ name: 'A\n', value: 'b\r\nC: d' }] },
      },
    },
    refused: [
      'spec.containers[0].livenessProbe.httpGet.path',
      'spec.containers[0].livenessProbe.httpGet.httpHeaders[0].name',
      'spec.containers[0].livenessProbe.httpGet.httpHeaders[0].value',
    ],
  },
  'a line break in the name of a variable': {
    container: { env: [{ name: 'HOME=/\nroot', value: 'x' }] },
    refused: ['spec.containers[0].env[0].name'],
  },
  'a NUL that ends a path early': {
    spec: { volumes: [{ name: 'v', hostPath: { path: '/safe\0/etc' } }] },
    container: { command: ['a\0b'], workingDir: '/a\0' },
    refused: [
      'spec.volumes[0].hostPath.path',
      'spec.containers[0].command[0]',
      'spec.containers[0].workingDir',
    ],
  },
  'a repository that is cloned on the node': {
    spec: { volumes: [{ name: 'v', gitRepo: { repository: 'https://evil' } }] },
    refused: ['spec.volumes[0].gitRepo'],
  },
  'host ports that are none': {
    container: { ports: [{ containerPort: 80, hostPort: 2 ** 16 + 22, hostIP: '0.0.0.0; reboot' }] },
    refused: ['spec.containers[0].ports[0].hostPort', 'spec.containers[0].ports[0].hostIP'],
  },
  'annotations that other runtimes obey are only annotations': {
    metadata: {
      name: 'x',
      annotations: {
        'org.systemd.property.ExecStartPre': "[('/bin/sh', ['evil'])]\nx",
        'run.oci.hooks': 'a\n',
      },
    },
    refused: [],
  },
};

for (const [name, { spec, container, metadata, refused }] of Object.entries(MANIFESTS)) {
  test(`${name}: ${refused.length > 0 ? 'refused' : 'harmless'}`, () => {
    const pod: Pod = {
      metadata: { name: 'x', ...metadata },
      spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
    };
    const { errors } = examinePod(pod);
    assert.deepEqual(
      errors.map(({ field }) => field),
      refused,
      errors.map(formatFieldError).join('\n'),
    );
  });
}

test('keys of configuration that are paths: refused', () => {
  const data = { '../../etc/cron.d/x': 'YQ==', '..': 'YQ==', 'a/b': 'YQ==', '..data': 'YQ==' };
  assert.equal(
    new Set(examineConfigMap({ metadata: { name: 'c' }, data }).errors.map(({ field }) => field)).size,
    4,
  );
  assert.equal(
    new Set(examineSecret({ metadata: { name: 's' }, data }).errors.map(({ field }) => field)).size,
    4,
  );
});
