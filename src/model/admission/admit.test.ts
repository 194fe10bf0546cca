import assert from 'node:assert/strict';
import test from 'node:test';
import { isPeapodError } from '../errors.ts';
import { readManifests } from '../manifest/read-manifests.ts';
import { admitManifests } from './admit-manifests.ts';
import { admitPod } from './admit-object.ts';

const OPTIONS = { server: false, nameSuffix: () => 'x7k2p' };

function admit(text: string) {
  return admitManifests(readManifests(text, 'pod.yaml'), OPTIONS);
}

function complaint(text: string): string[] {
  try {
    admit(text);
  } catch (error) {
    assert.ok(isPeapodError(error, 'Invalid'));
    return error.message.split('\n');
  }
  return [];
}

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: main
    image: web:1
`;
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n';

test('objects of all kinds come out defaulted', () => {
  const claim =
    'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: p}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n';
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n';
  const admitted = admit([POD, CONFIG, claim, secret].join('---\n'));
  assert.equal(admitted.pods[0]?.spec.dnsPolicy, 'ClusterFirst');
  assert.equal(admitted.configMaps[0]?.metadata?.namespace, 'default');
  assert.equal(admitted.claims[0]?.spec?.volumeMode, 'Filesystem');
  assert.deepEqual(admitted.secrets[0]?.data, { a: 'Yg==' });
  assert.deepEqual(admitted.warnings, []);
});

test('each problem is told with its place, those of all objects at once', () => {
  const bad = POD.replace('    image: web:1\n', '    imagePullPolicy: Often\n');
  const nfs = `${POD.replace('name: web', 'name: two')}  volumes:\n  - name: v\n    nfs: {server: s, path: /}\n`;
  assert.deepEqual(complaint(`${bad}---\n${nfs}`), [
    'pod.yaml:7:5: Pod "web" is invalid: spec.containers[0].image: Required value',
    'pod.yaml:8:5: Pod "web" is invalid: spec.containers[0].imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never"',
    'pod.yaml:20:5: Pod "two" is invalid: spec.volumes[0].nfs: Forbidden: not supported: it needs a storage server and its driver: mount it on the node and use hostPath',
  ]);
});

test('two objects of one kind cannot have one name', () => {
  assert.deepEqual(complaint(`${POD}---\n${POD}`), [
    'pod.yaml:13:3: Pod "web" is invalid: metadata.name: Duplicate value: "web"',
  ]);
  assert.deepEqual(complaint(`${POD}---\n${CONFIG}`), []);
});

test('a name is generated where one is wanted', () => {
  const admitted = admit(POD.replace('name: web', 'generateName: web-'));
  assert.equal(admitted.pods[0]?.metadata.name, 'web-x7k2p');
});

test('warnings are told with their place', () => {
  assert.deepEqual(admit(`${POD}  priorityClassName: high\n`).warnings, [
    'pod.yaml:9:3: spec.priorityClassName: has no effect: there are no PriorityClasses without a server',
  ]);
});

test('what cannot be run is refused by its kind', () => {
  assert.deepEqual(complaint('apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n'), [
    'pod.yaml:2:1: kind "Namespace" cannot be run here',
  ]);
});

test('a pod by itself is admitted, or refused with all its errors in one', () => {
  assert.equal(
    admitPod({ metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } }).kind,
    'Pod',
  );
  assert.throws(
    () => admitPod({ metadata: { name: 'x' }, spec: { containers: [{ name: 'c' }], runtimeClassName: 'a' } }),
    {
      message:
        'Pod "x" is invalid: [spec.containers[0].image: Required value, spec.runtimeClassName: Forbidden: not supported: there is one container runtime, without classes]',
    },
  );
});
