/**
 * Keeps a pod of each DaemonSet on each node that it wants, and rolls new templates out.
 * @see kubernetes/pkg/controller/daemon/daemon_controller.go
 */
import { isDeepStrictEqual } from 'node:util';
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from '../../client/resource-types.ts';
import type { DaemonSet, Node, Pod } from '../../model/api/types.ts';
import { backoffRemainingMs, type Backoff, nextBackoff } from '../../model/status/backoff.ts';
import { changePods } from '../change-pods.ts';
import { claimOwned } from '../claim-owned.ts';
import { type Controller, controllerOf, isWritten, KeyedController, keyOf, splitKey } from '../controller.ts';
import { Expectations } from '../expectations.ts';
import { followOwnedPods } from '../follow-owned-pods.ts';
import { nextAvailability } from '../pod-states.ts';
import { recordEvent } from '../record-event.ts';
import { daemonPod, HASH_LABEL, targetNode } from './daemon-pod.ts';
import { daemonSetStatus } from './daemon-set-status.ts';
import { type DaemonsByNode, daemonsByNode } from './daemons-by-node.ts';
import { planDaemons } from './plan-daemons.ts';
import { type History, hashOf, outdated, recordRevision } from './revisions.ts';
import { planUpdate } from './rolling-update.ts';

const COMPONENT = 'daemonset-controller';
/** At most so many pods are made or deleted at a time. */
const BURST = 250;
const ENDED_BACKOFF = { initialMs: 1000, maxMs: 15 * 60_000 };

export const daemonSetController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('daemonset', deps, signal);
  const { queue } = controller;
  const expectations = new Expectations(clock);
  /** By set and node: how long to wait before what ended there is replaced once more. */
  const backoffs = new Map<string, Backoff>();
  const sets = controller.followAll(DAEMON_SETS, (set) => queue.add(keyOf(set)));
  const addAll = (): void => sets.list().forEach((set) => queue.add(keyOf(set)));
  const nodes = controller.follow(NODES, {
    onAdd: addAll,
    onDelete: addAll,
    onUpdate: (node, previous) => {
      if (!isDeepStrictEqual(whatCounts(node), whatCounts(previous))) addAll();
    },
  });
  const revisions = controller.followAll(CONTROLLER_REVISIONS, (revision) => {
    const owner = controllerOf(revision);
    if (owner?.kind === 'DaemonSet') queue.add(`${revision.metadata?.namespace}/${owner.name}`);
  });
  const pods = followOwnedPods(controller, {
    kind: 'DaemonSet',
    owners: sets,
    selectorOf: ({ spec }) => spec?.selector,
    expectations,
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const set = sets.get(namespace, name);
    if (set === undefined) {
      for (const one of backoffs.keys()) if (one.startsWith(`${key}/`)) backoffs.delete(one);
      return expectations.forget(key);
    }
    if (set.metadata?.deletionTimestamp !== undefined) return;
    const owner = { type: DAEMON_SETS, object: set, selector: set.spec?.selector };
    const own = await claimOwned(client, owner, CONTROLLER_REVISIONS, revisions.list());
    const history = await recordRevision(client, set, own);
    const view = { hash: hashOf(history.current), nowMs: clock.now() };
    const daemons = daemonsByNode(await claimOwned(client, owner, PODS, pods.list()));
    const waits: number[] = [];
    try {
      if (expectations.isFulfilled(key)) {
        const isSettled = !(await manage(set, key, daemons, view, waits));
        // What was just changed is not in the copy that the update would be planned by.
        if (isSettled && set.spec?.updateStrategy?.type === 'RollingUpdate')
          await change(set, key, planUpdate(set, nodes.list(), daemons, view), view.hash);
      }
      await forgetOld(set, history, daemons);
    } finally {
      await writeStatus(set, daemons, view);
    }
    const next = nextAvailability([...daemons.values()].flat(), set.spec?.minReadySeconds ?? 0, clock.now());
    if (next !== undefined) waits.push(next);
    if (waits.length > 0) queue.addAfter(key, Math.min(...waits));
  });

  /** @returns whether anything was made or deleted */
  async function manage(
    set: DaemonSet,
    key: string,
    daemons: DaemonsByNode,
    view: { hash: string; nowMs: number },
    waits: number[],
  ): Promise<boolean> {
    const { create, remove, ended } = planDaemons(set, nodes.list(), daemons, view);
    for (const pod of ended) {
      const place = `${key}/${targetNode(pod)}`;
      const backoff = backoffs.get(place);
      const since = backoff?.updatedAt ?? 0;
      const waitMs = backoffRemainingMs(backoff, since, view.nowMs, ENDED_BACKOFF);
      if (waitMs > 0) {
        waits.push(waitMs);
        continue;
      }
      backoffs.set(place, nextBackoff(backoff, view.nowMs, view.nowMs, ENDED_BACKOFF));
      await tellEnded(set, pod);
      remove.push(pod);
    }
    return change(set, key, { create, remove }, view.hash);
  }

  async function tellEnded(set: DaemonSet, pod: Pod): Promise<void> {
    const hasFailed = pod.status?.phase === 'Failed';
    const { namespace, name } = pod.metadata ?? {};
    const what = `Found ${hasFailed ? 'failed' : 'succeeded'} daemon pod ${namespace}/${name}`;
    await recordEvent(deps, COMPONENT, set, {
      type: hasFailed ? 'Warning' : 'Normal',
      reason: hasFailed ? 'FailedDaemonPod' : 'SucceededDaemonPod',
      message: `${what} on node ${pod.spec?.nodeName ?? ''}, will try to ${hasFailed ? 'kill' : 'delete'} it`,
    });
  }

  async function change(
    set: DaemonSet,
    key: string,
    { create, remove }: { create: readonly string[]; remove: readonly Pod[] },
    hash: string,
  ): Promise<boolean> {
    if (create.length === 0 && remove.length === 0) return false;
    await changePods(deps, expectations, {
      owner: set,
      component: COMPONENT,
      key,
      create: create.slice(0, BURST).map((node) => daemonPod(set, node, hash)),
      remove: remove.slice(0, BURST),
    });
    return true;
  }

  async function forgetOld(set: DaemonSet, { old }: History, daemons: DaemonsByNode): Promise<void> {
    const live = new Set(
      [...daemons.values()].flat().map(({ metadata }) => metadata?.labels?.[HASH_LABEL] ?? ''),
    );
    for (const { metadata } of outdated(set, old, live))
      await client.delete(CONTROLLER_REVISIONS, metadata?.namespace ?? '', metadata?.name ?? '');
  }

  async function writeStatus(
    set: DaemonSet,
    daemons: DaemonsByNode,
    view: { hash: string; nowMs: number },
  ): Promise<void> {
    const status = daemonSetStatus(set, nodes.list(), daemons, view);
    if (isWritten(status, set.status)) return;
    const { namespace = '', name = '', uid } = set.metadata ?? {};
    const patch = { metadata: { uid }, status };
    await client.patch(DAEMON_SETS, namespace, name, 'merge', patch, { subresource: 'status' });
  }
};

/** What decides whether a node has a daemon. */
function whatCounts({ metadata, spec }: Node): unknown {
  return [metadata?.labels ?? {}, spec?.taints ?? []];
}
