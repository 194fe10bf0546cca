/**
 * Claims: where their volumes can be reached, and how many a node can attach.
 * @see kubernetes/pkg/scheduler/framework/plugins/{volumebinding,volumezone,nodevolumelimits,volumerestrictions}
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../model/api/types.ts';
import { FieldErrors } from '../../../model/field-error.ts';
import { findVolume } from '../../../model/match-volume.ts';
import type { Rejection } from '../decision.ts';
import { compileNodeSelector, type NodeTest } from '../pod/node-selector.ts';
import { filterByNode, type PluginContext, type SchedulerPlugin } from '../plugin.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import type { NodeInfo } from '../state/node-info.ts';

/** Where a volume for the claim is being made, or looked for. */
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

interface Claim {
  readonly name: string;
  readonly claim: PersistentVolumeClaim | undefined;
  readonly volume: PersistentVolume | undefined;
}

function claimsOf({ snapshot, pod }: PluginContext): Claim[] {
  return pod.template.shape.claims.map((name) => readClaim(snapshot, name));
}

function readClaim({ objects }: ClusterSnapshot, name: string): Claim {
  const claim = objects.claims.get(name);
  const volume = claim?.spec?.volumeName ? objects.volumes.get(claim.spec.volumeName) : undefined;
  return { name, claim, volume };
}

function refuse(reason: string, claim: string, preemptible = false): Rejection {
  return { reasons: [reason], preemptible, details: [{ kind: 'claim', claim }] };
}

/** Claims must be there and bound, or be bound on the node; a bound volume must be reachable from it. */
export const volumeBinding: SchedulerPlugin = {
  name: 'VolumeBinding',
  scope: 'node',
  events: ['NodeAdded', 'NodeLabelsChanged', 'VolumeChanged'],
  filter(context) {
    if (context.pod.template.shape.claims.length === 0) return undefined;
    const tests = claimsOf(context).map((claim) => ({ claim, test: bindingTest(context.snapshot, claim) }));
    return filterByNode((node) => {
      const info = context.snapshot.nodes.info(node);
      for (const { claim, test } of tests) {
        const reason = test(info);
        if (reason !== undefined) return refuse(reason, claim.name);
      }
      return undefined;
    });
  },
};

function bindingTest(
  snapshot: ClusterSnapshot,
  { name, claim, volume }: Claim,
): (node: NodeInfo) => string | undefined {
  const shortName = name.slice(name.indexOf('/') + 1);
  if (claim === undefined) return () => `persistentvolumeclaim "${shortName}" not found`;
  if (claim.metadata?.deletionTimestamp) return () => `persistentvolumeclaim "${shortName}" is being deleted`;
  if (claim.spec?.volumeName) {
    if (volume === undefined)
      return () => 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';
    const required = volume.spec?.nodeAffinity?.required;
    if (required === undefined) return () => undefined;
    const test = compileNodeSelector(required, 'spec.nodeAffinity.required', new FieldErrors());
    return (node) => (test(node) ? undefined : "node(s) didn't match PersistentVolume's node affinity");
  }
  const storageClass = snapshot.objects.storageClasses.get(claim.spec?.storageClassName ?? '');
  if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer') {
    return () => 'pod has unbound immediate PersistentVolumeClaims';
  }
  const selected = claim.metadata?.annotations?.[SELECTED_NODE];
  if (selected !== undefined)
    return (node) =>
      node.name === selected ? undefined : "node(s) didn't find available persistent volumes to bind";
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') {
    const volumes = [...snapshot.objects.volumes.values()];
    return ({ node }) =>
      findVolume(volumes, claim, node) === undefined
        ? "node(s) didn't find available persistent volumes to bind"
        : undefined;
  }
  const allowed = topologyTest(storageClass.allowedTopologies ?? []);
  return (node) => (allowed(node) ? undefined : "node(s) didn't find available persistent volumes to bind");
}

function topologyTest(
  terms: readonly { matchLabelExpressions?: { key: string; values: string[] }[] }[],
): NodeTest {
  if (terms.length === 0) return () => true;
  return (node) =>
    terms.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(node.labels.get(key) ?? '\0')),
    );
}

const ZONE_KEYS = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
];

/** A volume's zone labels must be the node's; several zones are written `a__b`. */
export const volumeZone: SchedulerPlugin = {
  name: 'VolumeZone',
  scope: 'node',
  events: ['NodeAdded', 'NodeLabelsChanged', 'VolumeChanged'],
  filter(context) {
    const demands = claimsOf(context).flatMap(({ name, volume }) =>
      ZONE_KEYS.flatMap((key) => {
        const value = volume?.metadata?.labels?.[key];
        return value === undefined ? [] : [{ name, key, zones: new Set(value.split('__')) }];
      }),
    );
    if (demands.length === 0) return undefined;
    return filterByNode((node) => {
      const { labels } = context.snapshot.nodes.info(node);
      if (!ZONE_KEYS.some((key) => labels.has(key))) return undefined;
      const missed = demands.find(({ key, zones }) => !zones.has(zoneOf(labels, key) ?? '\0'));
      return missed && refuse('node(s) had no available volume zone', missed.name);
    });
  },
};

/** Beta keys and their successors mean the same. */
function zoneOf(labels: ReadonlyMap<string, string>, key: string): string | undefined {
  const kind = key.slice(key.lastIndexOf('/') + 1);
  return (
    labels.get(key) ??
    labels.get(`topology.kubernetes.io/${kind}`) ??
    labels.get(`failure-domain.beta.kubernetes.io/${kind}`)
  );
}

/** A claim that only one pod may use is used by none yet. */
export const volumeRestrictions: SchedulerPlugin = {
  name: 'VolumeRestrictions',
  scope: 'cluster',
  events: ['PodDeleted', 'VolumeChanged'],
  filter(context) {
    const { snapshot } = context;
    const single = claimsOf(context).filter(({ claim }) =>
      claim?.spec?.accessModes?.includes('ReadWriteOncePod'),
    );
    if (single.length === 0) return undefined;
    const reason =
      'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';
    return {
      ...filterByNode((node) => {
        const taken = single.find(({ name }) => snapshot.claims.total(name) > 0);
        const here = taken !== undefined && snapshot.claims.on(node)?.has(taken.name) === true;
        return taken && refuse(reason, taken.name, here);
      }),
    };
  },
};

/** How many volumes of a CSI driver a node can attach, where its CSINode tells. */
export const nodeVolumeLimits: SchedulerPlugin = {
  name: 'NodeVolumeLimits',
  scope: 'node',
  events: ['NodeAdded', 'PodDeleted', 'VolumeChanged'],
  filter(context) {
    const { snapshot } = context;
    const wanted = claimsOf(context).flatMap((claim) => attachmentOf(snapshot, claim) ?? []);
    if (wanted.length === 0 || snapshot.objects.csiNodes.size === 0) return undefined;
    return filterByNode((node) => {
      const csiNode = snapshot.objects.csiNodes.get(snapshot.nodes.info(node).name);
      for (const { name: driver, allocatable } of csiNode?.spec.drivers ?? []) {
        if (allocatable?.count === undefined) continue;
        const handles = new Set<string>();
        for (const name of snapshot.claims.on(node)?.keys() ?? []) {
          const attached = attachmentOf(snapshot, readClaim(snapshot, name));
          if (attached?.driver === driver) handles.add(attached.handle);
        }
        const added = wanted.filter((volume) => volume.driver === driver && !handles.has(volume.handle));
        const [first] = added;
        if (first && handles.size + new Set(added.map(({ handle }) => handle)).size > allocatable.count) {
          return refuse('node(s) exceed max volume count', first.claim, true);
        }
      }
      return undefined;
    });
  },
};

interface Attachment {
  readonly claim: string;
  readonly driver: string;
  readonly handle: string;
}

/** A claim without a volume counts by its class's driver. */
function attachmentOf({ objects }: ClusterSnapshot, { name, claim, volume }: Claim): Attachment | undefined {
  const csi = volume?.spec?.csi;
  if (csi) return { claim: name, driver: csi.driver, handle: csi.volumeHandle };
  if (claim === undefined || volume !== undefined) return undefined;
  const driver = objects.storageClasses.get(claim.spec?.storageClassName ?? '')?.provisioner;
  return driver === undefined ? undefined : { claim: name, driver, handle: `claim ${name}` };
}
