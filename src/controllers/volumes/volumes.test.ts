import assert from 'node:assert/strict';
import test from 'node:test';
import { CLAIMS, PODS, STORAGE_CLASSES, VOLUMES } from '../../client/resource-types.ts';
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from '../../model/api/types.ts';
import { createNode } from '../testing/nodes.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { claimBinder } from './claim-binder.ts';
import { HOST_DIRECTORY_PROVISIONER, hostDirectoryProvisioner } from './host-directories.ts';
import { storageProtectionController } from './storage-protection.ts';
import { volumePhaseController } from './volume-phases.ts';

interface Run extends RunningControllers {
  readonly removed: string[];
}

async function start(): Promise<Run> {
  const removed: string[] = [];
  const directories = {
    nodeName: 'n',
    pathOf: (name: string) => `/data/${name}`,
    remove: async (name: string) => void removed.push(name),
  };
  const run = await runControllers(
    claimBinder,
    volumePhaseController,
    storageProtectionController,
    hostDirectoryProvisioner(directories),
  );
  await createNode(run.client, 'n');
  return { ...run, removed };
}

function createVolume(
  { client }: Run,
  name: string,
  spec: PersistentVolumeSpec = {},
): Promise<PersistentVolume> {
  return client.create(VOLUMES, {
    metadata: { name },
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/mnt/${name}` },
      storageClassName: 'by-hand',
      ...spec,
    },
  });
}

function createClaim(
  { client }: Run,
  name: string,
  spec: PersistentVolumeClaim['spec'] = {},
  annotations: Record<string, string> = {},
): Promise<PersistentVolumeClaim> {
  return client.create(CLAIMS, {
    metadata: { name, namespace: 'default', annotations },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'by-hand',
      ...spec,
    },
  });
}

function untilClaim(
  run: Run,
  name: string,
  phase: string,
  volumeName?: string,
): Promise<PersistentVolumeClaim> {
  return run.until(async () => {
    const claim = await run.get(CLAIMS, name);
    assert.deepEqual([claim.status?.phase, claim.spec?.volumeName], [phase, volumeName]);
    return claim;
  });
}

function untilVolume(run: Run, name: string, phase: string): Promise<PersistentVolume> {
  return run.until(async () => {
    const volume = await run.client.get(VOLUMES, '', name);
    assert.equal(volume.status?.phase, phase);
    return volume;
  });
}

async function settled({ clock }: Run): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await clock.settle();
}

test('a claim is bound to a volume that suits it, and what was kept is kept when the claim goes', async () => {
  await using run = await start();
  await createVolume(run, 'v');
  await untilVolume(run, 'v', 'Available');
  await createClaim(run, 'c');
  const claim = await untilClaim(run, 'c', 'Bound', 'v');
  assert.deepEqual(claim.status?.capacity, { storage: '5Gi' });
  const volume = await untilVolume(run, 'v', 'Bound');
  assert.equal(volume.spec?.claimRef?.uid, claim.metadata?.uid);
  await createClaim(run, 'late');
  await untilClaim(run, 'late', 'Pending');
  await run.client.delete(CLAIMS, 'default', 'c');
  await untilVolume(run, 'v', 'Released');
  await settled(run);
  await untilClaim(run, 'late', 'Pending');
  assert.deepEqual(run.removed, []);
  await run.client.patch(VOLUMES, '', 'v', 'merge', { spec: { claimRef: null } });
  await untilClaim(run, 'late', 'Bound', 'v');
});

test('a claim that names a volume gets that one, or says why not', async () => {
  await using run = await start();
  await createVolume(run, 'small', { capacity: { storage: '1Mi' } });
  await createVolume(run, 'other');
  await createVolume(run, 'right');
  await createClaim(run, 'c', { volumeName: 'right' });
  await untilClaim(run, 'c', 'Bound', 'right');
  await createClaim(run, 'd', { volumeName: 'small' });
  await untilClaim(run, 'd', 'Pending', 'small');
  await run.until(async () => assert.ok((await run.reasons()).includes('VolumeMismatch')));
  await createClaim(run, 'e', { volumeName: 'right' });
  await run.until(async () => assert.ok((await run.reasons()).includes('FailedBinding')));
});

test('a volume that waits for a claim by name goes to that one', async () => {
  await using run = await start();
  await createVolume(run, 'v', { claimRef: { namespace: 'default', name: 'c' } });
  await untilVolume(run, 'v', 'Available');
  await createClaim(run, 'other');
  await settled(run);
  await untilClaim(run, 'other', 'Pending');
  await createClaim(run, 'c');
  await untilClaim(run, 'c', 'Bound', 'v');
});

test('a claim of the standard class waits for its first user, gets a directory of that node, and takes it along', async () => {
  await using run = await start();
  const selected = 'volume.kubernetes.io/selected-node';
  const claim = await createClaim(run, 'c', { storageClassName: 'standard' });
  const name = `pvc-${claim.metadata?.uid}`;
  await run.until(async () => assert.deepEqual(await run.reasons(), ['WaitForFirstConsumer']));
  assert.equal(await run.client.find(VOLUMES, '', name), undefined);
  await run.client.patch(CLAIMS, 'default', 'c', 'merge', {
    metadata: { annotations: { [selected]: 'elsewhere' } },
  });
  await settled(run);
  assert.equal(await run.client.find(VOLUMES, '', name), undefined, 'another node answers for that');
  await run.client.patch(CLAIMS, 'default', 'c', 'merge', { metadata: { annotations: { [selected]: 'n' } } });
  await untilClaim(run, 'c', 'Bound', name);
  const volume = await untilVolume(run, name, 'Bound');
  assert.equal(volume.spec?.hostPath?.path, `/data/${name}`);
  const [term] = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  assert.deepEqual(term?.matchExpressions?.[0]?.values, ['n']);
  await run.client.delete(VOLUMES, '', name);
  await settled(run);
  await untilVolume(run, name, 'Bound');
  await run.client.delete(CLAIMS, 'default', 'c');
  await run.until(async () => assert.equal(await run.client.find(VOLUMES, '', name), undefined));
  assert.deepEqual(new Set(run.removed), new Set([name]));
  assert.deepEqual(run.failures, []);
});

test('of a class that binds at once, and keeps, a claim has its volume before any pod and leaves its data', async () => {
  await using run = await start();
  await run.client.create(STORAGE_CLASSES, {
    metadata: { name: 'kept' },
    provisioner: HOST_DIRECTORY_PROVISIONER,
    reclaimPolicy: 'Retain',
    volumeBindingMode: 'Immediate',
  });
  const claim = await createClaim(run, 'c', { storageClassName: 'kept' });
  const name = `pvc-${claim.metadata?.uid}`;
  await untilClaim(run, 'c', 'Bound', name);
  await run.client.delete(CLAIMS, 'default', 'c');
  await untilVolume(run, name, 'Released');
  await run.client.delete(VOLUMES, '', name);
  await run.until(async () => assert.equal(await run.client.find(VOLUMES, '', name), undefined));
  assert.deepEqual(run.removed, []);
});

test('a claim stays while a pod has it', async () => {
  await using run = await start();
  await createVolume(run, 'v');
  await createClaim(run, 'c');
  await untilClaim(run, 'c', 'Bound', 'v');
  await run.client.create(PODS, {
    metadata: { name: 'p', namespace: 'default' },
    spec: {
      nodeName: 'n',
      containers: [{ name: 'c', image: 'i' }],
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }],
    },
  });
  await run.client.delete(CLAIMS, 'default', 'c');
  await settled(run);
  assert.notEqual((await run.get(CLAIMS, 'c')).metadata?.deletionTimestamp, undefined);
  await run.client.delete(PODS, 'default', 'p', { gracePeriodSeconds: 0 });
  await run.until(async () => assert.equal(await run.client.find(CLAIMS, 'default', 'c'), undefined));
  await untilVolume(run, 'v', 'Released');
});

test('a claim whose volume has gone is lost, and says so', async () => {
  await using run = await start();
  await createVolume(run, 'v');
  await createClaim(run, 'c');
  await untilClaim(run, 'c', 'Bound', 'v');
  await run.client.patch(VOLUMES, '', 'v', 'merge', { metadata: { finalizers: null } });
  await run.client.delete(VOLUMES, '', 'v');
  await untilClaim(run, 'c', 'Lost', 'v');
  await run.until(async () => assert.ok((await run.reasons()).includes('ClaimLost')));
});

test('wherever the controllers are killed, a claim gets one volume and both agree', async () => {
  for (let writes = 0; writes < 6; writes++) {
    await using run = await start();
    await createVolume(run, 'v1');
    await createVolume(run, 'v2');
    await untilVolume(run, 'v2', 'Available');
    run.killAfter(writes);
    await createClaim(run, 'c');
    await settled(run);
    await run.restart();
    const claim = await run.until(async () => {
      const present = await run.get(CLAIMS, 'c');
      assert.equal(present.status?.phase, 'Bound');
      return present;
    });
    const { items } = await run.client.list(VOLUMES);
    const owners = items
      .filter(({ spec }) => spec?.claimRef !== undefined)
      .map(({ metadata }) => metadata?.name);
    assert.deepEqual(owners, [claim.spec?.volumeName], `killed after ${writes} writes`);
  }
});
