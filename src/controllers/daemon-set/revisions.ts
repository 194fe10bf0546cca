/**
 * A ControllerRevision for each template that a set has had: what `kubectl rollout history` lists and `undo` goes back to.
 * @see kubernetes/pkg/controller/daemon/update.go constructHistory
 */
import type { ApiClient } from '../../client/api-client.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS } from '../../client/resource-types.ts';
import type { ControllerRevision, DaemonSet } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { controlledBy } from '../controller.ts';
import { canonical, templateHash } from '../template-hash.ts';
import { HASH_LABEL } from './daemon-pod.ts';

export interface History {
  readonly current: ControllerRevision;
  /** The oldest first. */
  readonly old: readonly ControllerRevision[];
}

/** A strategic merge patch that brings a template back. */
function dataOf({ spec }: DaemonSet): object {
  return { spec: { template: { ...spec?.template, $patch: 'replace' } } };
}

function isOf(set: DaemonSet, { data }: ControllerRevision): boolean {
  return canonical(data) === canonical(dataOf(set));
}

export function hashOf({ metadata }: ControllerRevision): string {
  return metadata?.labels?.[HASH_LABEL] ?? '';
}

/** The set's history, with the present template as its newest revision, also when it is an old one come back. */
export async function recordRevision(
  client: ApiClient,
  set: DaemonSet,
  revisions: readonly ControllerRevision[],
): Promise<History> {
  const sorted = revisions.toSorted((a, b) => a.revision - b.revision);
  const same = sorted.filter((revision) => isOf(set, revision));
  const old = sorted.filter((revision) => !same.includes(revision));
  const number = (old.at(-1)?.revision ?? 0) + 1;
  const present = same.at(-1);
  if (present === undefined) return { current: await createRevision(client, set, number), old };
  if (present.revision >= number) return { current: present, old: [...same.slice(0, -1), ...old] };
  const { namespace = '', name = '', uid } = present.metadata ?? {};
  const patch = { metadata: { uid }, revision: number };
  return { current: await client.patch(CONTROLLER_REVISIONS, namespace, name, 'merge', patch), old };
}

/** @throws ApiError AlreadyExists when another template has the same hash: the next attempt gets another one */
async function createRevision(
  client: ApiClient,
  set: DaemonSet,
  revision: number,
): Promise<ControllerRevision> {
  const { namespace = '', name = '', annotations = {}, uid } = set.metadata ?? {};
  const template = set.spec?.template;
  const hash = templateHash(template, set.status?.collisionCount);
  const made: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template?.metadata?.labels, [HASH_LABEL]: hash },
      annotations,
      ownerReferences: [controlledBy(set, 'apps/v1', 'DaemonSet')],
    },
    data: dataOf(set),
    revision,
  };
  try {
    return await client.create(CONTROLLER_REVISIONS, made);
  } catch (error) {
    if (!isPeapodError(error, 'AlreadyExists')) throw error;
    const present = await client.get(CONTROLLER_REVISIONS, namespace, `${name}-${hash}`);
    const isOurs = present.metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true;
    if (isOurs && isOf(set, present)) return present;
    const collisionCount = (set.status?.collisionCount ?? 0) + 1;
    const patch = { metadata: { uid }, status: { collisionCount } };
    await client.patch(DAEMON_SETS, namespace, name, 'merge', patch, { subresource: 'status' });
    throw error;
  }
}

/** Revisions beyond the limit, the oldest first; none that pods are still of. */
export function outdated(
  { spec }: DaemonSet,
  old: readonly ControllerRevision[],
  liveHashes: ReadonlySet<string>,
): ControllerRevision[] {
  const surplus = old.length - (spec?.revisionHistoryLimit ?? 10);
  return surplus <= 0 ? [] : old.filter((one) => !liveHashes.has(hashOf(one))).slice(0, surplus);
}
