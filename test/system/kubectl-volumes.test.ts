/** Claims and volumes of `peapod serve`, with kubectl and real pods. */
import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { imageReference } from './support/images.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';

const IMAGE = imageReference('busybox');

let server: KubectlServer;
const kubectl = (...args: string[]) => server.kubectl(...args);

before(async () => {
  server = await startKubectlServer();
});
after(async () => {
  await kubectl('delete', 'pods,pvc', '--all', '--grace-period=1', '--timeout=40s');
  await server[Symbol.asyncDispose]();
});

function claim(name: string, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } }, ...spec },
  };
}

function podWith(name: string, claimName: string, command: string, uid = 1000): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsUser: uid },
      containers: [
        {
          name: 'c',
          image: IMAGE,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', command],
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  };
}

const untilDone = (name: string) =>
  kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=40s');
const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test('data survives the pod, and goes with the claim', async () => {
  assert.match(
    await kubectl('get', 'sc'),
    /standard \(default\) +peapod\.dev\/host-directory +Delete +WaitForFirst/,
  );
  await server.apply([claim('data')]);
  await kubectl('wait', '--for=jsonpath={.status.phase}=Pending', 'pvc/data', '--timeout=20s');
  await server.apply([podWith('writer', 'data', 'echo kept > /data/file')]);
  await untilDone('writer');
  assert.match(await kubectl('get', 'pvc', 'data'), /^data +Bound +pvc-\S+ +10Mi +RWO +standard/m);
  await kubectl('delete', 'pod', 'writer');
  await server.apply([podWith('reader', 'data', 'cat /data/file')]);
  await untilDone('reader');
  assert.equal(await kubectl('logs', 'reader'), 'kept\n');
  const volume = (await kubectl('get', 'pvc', 'data', '-o', 'jsonpath={.spec.volumeName}')).trim();
  const path = await kubectl('get', 'pv', volume, '-o', 'jsonpath={.spec.hostPath.path}');
  assert.equal(await readFile(`${path}/file`, 'utf8'), 'kept\n');
  await kubectl('delete', 'pvc', 'data', '--wait=false');
  assert.match(await kubectl('get', 'pvc', 'data'), /Terminating/);
  await kubectl('delete', 'pod', 'reader');
  await kubectl('wait', '--for=delete', 'pvc/data', `pv/${volume}`, '--timeout=40s');
  assert.equal(await isThere(path), false);
});

test('a volume that was made by hand is found by its labels, and kept', async () => {
  const path = `${server.peapod.directory}/by-hand`;
  const labels = { speed: 'fast' };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `by-hand-${process.pid}`, labels },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      hostPath: { path, type: 'DirectoryOrCreate' },
    },
  };
  const spec = { storageClassName: '', selector: { matchLabels: labels } };
  await server.apply([volume, claim('found', spec)]);
  await kubectl('wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/found', '--timeout=20s');
  await server.apply([podWith('user', 'found', 'echo here > /data/file', 0)]);
  await untilDone('user');
  await kubectl('delete', 'pod/user', 'pvc/found');
  const name = volume.metadata.name;
  await kubectl('wait', '--for=jsonpath={.status.phase}=Released', `pv/${name}`, '--timeout=20s');
  assert.equal(await readFile(`${path}/file`, 'utf8'), 'here\n');
  await kubectl('delete', 'pv', name, '--timeout=20s');
});

test('a pod whose claim is not there waits, says so, and starts when it comes', async () => {
  await server.apply([podWith('early', 'late', 'echo at last')]);
  await kubectl('wait', '--for=condition=PodScheduled=false', 'pod/early', '--timeout=20s');
  assert.match(await kubectl('describe', 'pod', 'early'), /persistentvolumeclaim "late" not found/);
  await server.apply([claim('late')]);
  await untilDone('early');
});

test('a claim in use has figures, and cannot grow', async () => {
  await server.apply([claim('used'), podWith('user', 'used', 'sleep 1000')]);
  await kubectl('wait', '--for=condition=Ready', 'pod/user', '--timeout=40s');
  const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const ofNode = (path: string) => kubectl('get', '--raw', `/api/v1/nodes/${node}/proxy/${path}`);
  const metrics = await ofNode('metrics');
  const value = (name: string) =>
    Number(
      new RegExp(
        `^kubelet_volume_stats_${name}\\{namespace="default",persistentvolumeclaim="used"\\} (\\d+)$`,
        'm',
      ).exec(metrics)?.[1],
    );
  assert.equal(value('used_bytes') + value('available_bytes'), value('capacity_bytes'));
  assert.ok(value('inodes_free') >= 0 && value('capacity_bytes') > 0);
  const { pods } = JSON.parse(await ofNode('stats/summary')) as {
    pods: { podRef: { name: string }; volume?: { name: string; pvcRef: { name: string } }[] }[];
  };
  const [volume] = pods.find(({ podRef }) => podRef.name === 'user')?.volume ?? [];
  assert.deepEqual([volume?.name, volume?.pvcRef.name], ['data', 'used']);
  await assert.rejects(
    kubectl('patch', 'pvc', 'used', '-p', '{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}'),
    /storageclass that provisions the pvc must support resize/,
  );
  await kubectl('delete', 'pod', 'user', '--grace-period=0', '--force');
});
