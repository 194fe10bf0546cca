import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Pod } from '../api/types.ts';
import { defaultPod } from '../defaults/default-pod.ts';
import { formatFieldError } from '../field-error.ts';
import { readManifests } from '../manifest/read-manifests.ts';
import { type FieldType, fieldsOf } from '../structure.ts';
import { judgedTypes, listVerdicts, verdictsOf } from './field-verdict.ts';
import { CONTAINER_VERDICTS } from './container-verdicts.ts';
import { POD_VERDICTS } from './pod-verdicts.ts';
import { PROOFS, proofOf } from './proofs.ts';
import { podWarnings, refusedClaimFields, refusedFields } from './refused-fields.ts';
import { RESTRICTED_FIELDS } from './refused-values.ts';
import { VOLUME_VERDICTS } from './volume-verdicts.ts';

/** Every type that a pod's specification is made of, except below what is refused. */
function reachableTypes(): Set<string> {
  const seen = new Set<string>();
  const visit = (typeName: string): void => {
    if (seen.has(typeName)) return;
    seen.add(typeName);
    for (const [name, field] of fieldsOf(typeName) ?? []) {
      const kind = verdictsOf(typeName)?.get(name)?.kind;
      const object = objectName(field.type);
      if (object !== undefined && (kind === 'honoured' || kind === 'scheduler')) visit(object);
    }
  };
  visit('PodSpec');
  return seen;
}

function objectName(type: FieldType): string | undefined {
  if (type.kind === 'list' || type.kind === 'map') return objectName(type.of);
  return type.kind === 'object' ? type.name : undefined;
}

test('every field of a pod has exactly one verdict', () => {
  const tables = { ...POD_VERDICTS, ...CONTAINER_VERDICTS, ...VOLUME_VERDICTS };
  for (const typeName of reachableTypes()) {
    const judged = listVerdicts(tables[typeName] ?? {}).map(([name]) => name);
    const actual = [...(fieldsOf(typeName)?.keys() ?? [])];
    assert.deepEqual(judged.sort(), actual.sort(), typeName);
  }
});

test('no verdict is about a type or a field that there is not', () => {
  const reachable = reachableTypes();
  for (const typeName of judgedTypes()) assert.ok(reachable.has(typeName), typeName);
  for (const key of [...RESTRICTED_FIELDS, ...PROOFS.keys()]) {
    const [typeName = '', field] = key.split('.');
    assert.ok(reachable.has(typeName), key);
    if (field !== undefined) assert.ok(fieldsOf(typeName)?.has(field), key);
  }
});

test('every proof names a test that there is', () => {
  for (const proof of PROOFS.values()) {
    const [file = '', name = ''] = proof.split(': ', 2);
    assert.ok(readFileSync(file, 'utf8').includes(name), proof);
  }
});

function refusedOf(spec: Partial<Pod['spec']>): string[] {
  return refusedFields({ spec: { containers: [{ name: 'c' }], ...spec } }).map(formatFieldError);
}

test('what is not supported is refused by its path, with the reason', () => {
  assert.deepEqual(
    refusedOf({
      runtimeClassName: 'gvisor',
      os: { name: 'windows' },
      volumes: [
        { name: 'a', nfs: { server: 's', path: '/' } },
        { name: 'b', gitRepo: { repository: 'x' } },
      ],
      containers: [{ name: 'c', securityContext: { windowsOptions: { hostProcess: true } } }],
      securityContext: {
        sysctls: [
          { name: 'kernel.shm_rmid_forced', value: '1' },
          { name: 'kernel.core_pattern', value: '|x' },
        ],
      },
    }).toSorted(),
    [
      'spec.containers[0].securityContext.windowsOptions: Forbidden: not supported: pods run on Linux only',
      'spec.os.name: Forbidden: not supported: pods run on Linux only',
      'spec.runtimeClassName: Forbidden: not supported: there is one container runtime, without classes',
      'spec.securityContext.sysctls[1].name: Forbidden: not supported: forbidden sysctl: "kernel.core_pattern" not allowlisted',
      'spec.volumes[0].nfs: Forbidden: not supported: it needs a storage server and its driver: mount it on the node and use hostPath',
      'spec.volumes[1].gitRepo: Forbidden: not supported: cloning on the node lets the repository run programs there: clone in an init container',
    ],
  );
});

test('a refused field that says nothing is not refused', () => {
  assert.deepEqual(refusedOf({ resourceClaims: [], runtimeClassName: '' }), []);
});

test('a user namespace of its own is honoured', () => {
  assert.deepEqual(refusedOf({ hostUsers: true }), []);
  assert.deepEqual(refusedOf({ hostUsers: false }), []);
});

test('block volumes of claims are refused', () => {
  const [error] = refusedClaimFields({ spec: { volumeMode: 'Block' } });
  assert.equal(error?.field, 'spec.volumeMode');
});

test('the rsyslogd pod is refused nothing and brings no warning', () => {
  const text = `apiVersion: v1
kind: Pod
metadata: {name: rsyslogd}
spec:
  volumes: [{name: log, emptyDir: {}}]
  containers:
  - {name: main, image: 'x:1', volumeMounts: [{name: log, mountPath: /var/log}]}
`;
  const [document] = readManifests(text, '-');
  assert.ok(document?.kind === 'Pod');
  const pod = defaultPod(document.object);
  assert.deepEqual(refusedFields(pod), []);
  assert.deepEqual(podWarnings(pod, { server: false }), []);
});

test('what has no effect is warned of', () => {
  const pod: Pod = {
    metadata: { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } },
    spec: {
      serviceAccount: 'x',
      priorityClassName: 'high',
      containers: [{ name: 'c', env: [{ name: 'A' }, { name: 'A' }] }],
    },
  };
  assert.deepEqual(podWarnings(pod, { server: false }), [
    'spec.serviceAccount: has no effect: deprecated: use serviceAccountName',
    'spec.priorityClassName: has no effect: there are no PriorityClasses without a server',
    'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: has no effect: use securityContext.appArmorProfile',
    'spec.containers[0].env[1]: hides previous definition of "A"',
  ]);
  assert.equal(podWarnings(pod, { server: true }).length, 3);
});

test('every honoured field has a test that proves it', () => {
  const unproven = judgedTypes().flatMap((typeName) =>
    [...(verdictsOf(typeName) ?? [])]
      .filter(([name, verdict]) => verdict.kind === 'honoured' && proofOf(typeName, name) === undefined)
      .map(([name]) => `${typeName}.${name}`),
  );
  assert.deepEqual(unproven, []);
});
