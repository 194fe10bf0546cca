/**
 * Rolls deployments out: a ReplicaSet for each template, and pods moved from the old ones to the present one.
 * @see kubernetes/pkg/controller/deployment/deployment_controller.go
 */
import { DEPLOYMENTS, REPLICA_SETS } from '../../client/resource-types.ts';
import type { Deployment, ReplicaSet } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { matchesLabelSelector } from '../../model/label-selector.ts';
import { claimOwned } from '../claim-owned.ts';
import {
  type Controller,
  controlledBy,
  controllerOf,
  isWritten,
  KeyedController,
  keyOf,
  splitKey,
} from '../controller.ts';
import { recordEvent } from '../record-event.ts';
import { templateHash } from '../template-hash.ts';
import { deploymentStatus, isComplete } from './deployment-status.ts';
import {
  byAge,
  planProportional,
  planRollout,
  replicasOf,
  rolloutLimits,
  type Scaling,
  type Sets,
} from './rollout.ts';
import { HASH_LABEL, isSameTemplate } from './same-template.ts';

const KIND = 'Deployment';
const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export const deploymentController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('deployment', deps, signal);
  const { queue } = controller;
  const deployments = controller.followAll(DEPLOYMENTS, (deployment) => queue.add(keyOf(deployment)));
  const replicaSets = controller.followAll(REPLICA_SETS, (set) => {
    const owner = controllerOf(set);
    if (owner?.kind === KIND) queue.add(`${set.metadata?.namespace}/${owner.name}`);
    if (owner !== undefined) return;
    for (const deployment of deployments.list())
      if (
        deployment.metadata?.namespace === set.metadata?.namespace &&
        matchesLabelSelector(deployment.spec?.selector, set.metadata?.labels)
      )
        queue.add(keyOf(deployment));
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const deployment = deployments.get(namespace, name);
    if (deployment === undefined) return;
    const owner = { type: DEPLOYMENTS, object: deployment, selector: deployment.spec?.selector };
    const own = await claimOwned(client, owner, REPLICA_SETS, replicaSets.list());
    const sets = setsOf(deployment, own);
    if (deployment.metadata?.deletionTimestamp !== undefined) return writeStatus(deployment, sets);
    const isPaused = deployment.spec?.paused === true;
    const current = sets.current ?? (isPaused ? undefined : await createSet(deployment, sets));
    const all: Sets = { old: sets.old, current };
    if (current !== undefined && !isPaused) await noteRevision(deployment, all, current);
    const plan = isPaused || isScaled(deployment, all) ? planProportional : planRollout;
    for (const scaling of plan(deployment, all)) await scale(deployment, scaling);
    await writeStatus(deployment, all);
    if (current !== undefined && isComplete(deployment, deployment.status ?? {}))
      await forgetOld(deployment, all);
    const deadline = deployment.spec?.progressDeadlineSeconds;
    if (deadline !== undefined && !isPaused && !isComplete(deployment, deployment.status ?? {}))
      queue.addAfter(key, deadline * 1000 + 1000);
  });

  async function createSet(deployment: Deployment, { old }: Sets): Promise<ReplicaSet> {
    const { namespace = '', name = '' } = deployment.metadata ?? {};
    const template = deployment.spec?.template;
    const hash = templateHash(template, deployment.status?.collisionCount);
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...template?.metadata?.labels, [HASH_LABEL]: hash },
        annotations: annotationsOf(deployment, nextRevision(old)),
        ownerReferences: [controlledBy(deployment, 'apps/v1', KIND)],
      },
      spec: {
        replicas: firstReplicas(deployment, old),
        minReadySeconds: deployment.spec?.minReadySeconds ?? 0,
        selector: {
          ...deployment.spec?.selector,
          matchLabels: { ...deployment.spec?.selector.matchLabels, [HASH_LABEL]: hash },
        },
        template: {
          ...template,
          metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, [HASH_LABEL]: hash } },
        },
      },
    };
    try {
      const made = await client.create(REPLICA_SETS, set);
      const replicas = replicasOf(made);
      if (replicas > 0)
        await tell(deployment, `Scaled up replica set ${made.metadata?.name} from 0 to ${replicas}`);
      return made;
    } catch (error) {
      if (!isPeapodError(error, 'AlreadyExists')) throw error;
      const present = await client.get(REPLICA_SETS, namespace, set.metadata?.name ?? '');
      if (controllerOf(present)?.uid === deployment.metadata?.uid && isSameTemplate(deployment, present))
        return present;
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      await client.patch(
        DEPLOYMENTS,
        namespace,
        name,
        'merge',
        { status: { collisionCount } },
        { subresource: 'status' },
      );
      throw error;
    }
  }

  /** The present template is the newest revision, also when it is an old one come back. */
  async function noteRevision(deployment: Deployment, { old }: Sets, current: ReplicaSet): Promise<void> {
    const { namespace = '', name = '' } = deployment.metadata ?? {};
    const revision = Math.max(nextRevision(old), revisionOf(current));
    // How it was scaled last is not told here: by that it is known when the wanted number changes.
    const { [DESIRED]: _desired, [MAX]: _max, ...annotations } = annotationsOf(deployment, revision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const isTold = isWritten(annotations, current.metadata?.annotations);
    if (!isTold || (current.spec?.minReadySeconds ?? 0) !== minReadySeconds)
      await client.patch(REPLICA_SETS, namespace, current.metadata?.name ?? '', 'merge', {
        metadata: { uid: current.metadata?.uid, annotations },
        spec: { minReadySeconds },
      });
    if (deployment.metadata?.annotations?.[REVISION] === String(revision)) return;
    await client.patch(DEPLOYMENTS, namespace, name, 'merge', {
      metadata: { annotations: { [REVISION]: String(revision) } },
    });
  }

  async function scale(deployment: Deployment, { set, replicas }: Scaling): Promise<void> {
    const { namespace = '', name = '', uid } = set.metadata ?? {};
    const wanted = deployment.spec?.replicas ?? 1;
    const annotations = {
      [DESIRED]: String(wanted),
      [MAX]: String(wanted + rolloutLimits(deployment).maxSurge),
    };
    await client.patch(REPLICA_SETS, namespace, name, 'merge', {
      metadata: { uid, annotations },
      spec: { replicas },
    });
    const before = replicasOf(set);
    if (before === replicas) return;
    const direction = replicas > before ? 'up' : 'down';
    await tell(deployment, `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`);
  }

  function tell(deployment: Deployment, message: string): Promise<void> {
    const event = { type: 'Normal', reason: 'ScalingReplicaSet', message } as const;
    return recordEvent(deps, 'deployment-controller', deployment, event);
  }

  async function writeStatus(deployment: Deployment, sets: Sets): Promise<void> {
    const status = deploymentStatus(deployment, sets, clock.now());
    if (isWritten(status, deployment.status)) return;
    const { namespace = '', name = '', uid } = deployment.metadata ?? {};
    await client.patch(
      DEPLOYMENTS,
      namespace,
      name,
      'merge',
      { metadata: { uid }, status },
      { subresource: 'status' },
    );
  }

  async function forgetOld(deployment: Deployment, { old }: Sets): Promise<void> {
    const idle = byAge(old).filter((set) => replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0);
    const keep = deployment.spec?.revisionHistoryLimit ?? 10;
    const { namespace = '' } = deployment.metadata ?? {};
    for (const { metadata } of idle.slice(0, Math.max(0, idle.length - keep)))
      await client.delete(REPLICA_SETS, namespace, metadata?.name ?? '');
  }
};

function setsOf(deployment: Deployment, own: readonly ReplicaSet[]): Sets {
  const [current] = byAge(own.filter((set) => isSameTemplate(deployment, set)));
  return { current, old: own.filter((set) => set !== current) };
}

/** Whether the wanted number has changed since the sets were last scaled. */
function isScaled({ spec }: Deployment, { current, old }: Sets): boolean {
  const active = [...old, ...(current === undefined ? [] : [current])].filter((set) => replicasOf(set) > 0);
  return active.some(({ metadata }) => {
    const desired = metadata?.annotations?.[DESIRED];
    return desired !== undefined && desired !== String(spec?.replicas ?? 1);
  });
}

function firstReplicas(deployment: Deployment, old: readonly ReplicaSet[]): number {
  const wanted = deployment.spec?.replicas ?? 1;
  if (deployment.spec?.strategy?.type === 'Recreate')
    return old.some((set) => replicasOf(set) > 0) ? 0 : wanted;
  const total = old.reduce((sum, set) => sum + replicasOf(set), 0);
  return Math.max(0, Math.min(wanted, wanted + rolloutLimits(deployment).maxSurge - total));
}

function annotationsOf(deployment: Deployment, revision: number): Record<string, string> {
  const {
    [LAST_APPLIED]: _applied,
    [REVISION]: _revision,
    ...copied
  } = deployment.metadata?.annotations ?? {};
  const wanted = deployment.spec?.replicas ?? 1;
  return {
    ...copied,
    [REVISION]: String(revision),
    [DESIRED]: String(wanted),
    [MAX]: String(wanted + rolloutLimits(deployment).maxSurge),
  };
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata?.annotations?.[REVISION] ?? 0);
}

function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}
