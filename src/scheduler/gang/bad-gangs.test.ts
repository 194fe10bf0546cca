import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod } from '../../model/api/types.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { nodeLists, podSequences } from '../engine/testing/arbitraries.ts';
import { damaged, tolerate } from '../engine/testing/damaged.ts';
import { planGangPreemption } from './gang-preemption.ts';
import { decideGang } from './place-gang.ts';
import { type Gang, gangPriority, readPodGroup } from './pod-group.ts';

const RUNS = { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 100) };
const MAX_STEPS = 50;

const groups = fc
  .record({ minCount: fc.integer({ min: 1, max: 20 }), key: fc.constantFrom('rack', 'nowhere') })
  .map(({ minCount, key }) => ({
    apiVersion: 'scheduling.k8s.io/v1beta1',
    kind: 'PodGroup',
    metadata: { name: 'g', namespace: 'default' },
    spec: {
      schedulingPolicy: { gang: { minCount } },
      schedulingConstraints: { topology: [{ key }] },
      priorityClassName: 'system-node-critical',
    },
  }));

test('no gang makes the engine throw anything but errors that name what is wrong', () => {
  fc.assert(
    fc.property(damaged(nodeLists), damaged(podSequences), damaged(groups), (nodes, pods, group) => {
      const snapshot = new ClusterSnapshot();
      const engine = new SchedulingEngine(snapshot);
      for (const node of Array.isArray(nodes) ? nodes : []) tolerate(() => snapshot.addNode(node));
      tolerate(() => {
        const gang = readPodGroup(group);
        const priority = gangPriority(gang, snapshot.objects.priorityClasses);
        if (priority !== undefined) snapshot.objects.gangPriorities.set(gang.key, priority);
        const waiting: PodInfo[] = [];
        for (const pod of Array.isArray(pods) ? pods : [])
          tolerate(() => waiting.push(snapshot.readPod(pod)));
        const decision = decideGang(engine, gang, waiting, { maxSteps: MAX_STEPS });
        if (decision.outcome === 'refused') {
          planGangPreemption(engine, gang, waiting, { maxSteps: MAX_STEPS });
        }
        assert.equal(snapshot.podCount, 0);
      });
    }),
    RUNS,
  );
});

function nodeOf(name: string, pods: number): Node {
  return { metadata: { name }, status: { allocatable: { pods: String(pods) } } };
}

function memberOf(podGroupName: string, index: number): Pod {
  return {
    metadata: { name: `${podGroupName}-${index}` },
    spec: { containers: [{ name: 'c' }], schedulingGroup: { podGroupName } },
  };
}

test('gangs whose pods come mingled never hold part of the room: each is there whole, or not at all', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });
  const rooms = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(sizes, rooms, fc.infiniteStream(fc.nat()), (sizes, rooms, order) => {
      const snapshot = new ClusterSnapshot();
      for (const [index, room] of rooms.entries()) snapshot.addNode(nodeOf(`n${index}`, room));
      const engine = new SchedulingEngine(snapshot);
      const gangs = sizes.map((size, index): [Gang, PodInfo[]] => [
        { key: `default/g${index}`, minCount: size, topologyKey: undefined },
        Array.from({ length: size }, (_, member) => snapshot.readPod(memberOf(`g${index}`, member))),
      ]);
      const tries = gangs.flatMap(([gang, pods]) => pods.map(() => [gang, pods] as const));
      for (let left = tries; left.length > 0; ) {
        const [next] = left.splice(order.next().value % left.length, 1);
        if (next === undefined) continue;
        const [gang, pods] = next;
        const decision = decideGang(
          engine,
          gang,
          pods.filter(({ slot }) => slot < 0),
        );
        if (decision.outcome === 'placed')
          for (const { pod, slot } of decision.assignments) snapshot.place(pod, slot);
      }
      const held = gangs.map(([gang]) => snapshot.gangMembers(gang.key).length);
      for (const [index, [gang]] of gangs.entries())
        assert.ok(held[index] === 0 || held[index] === gang.minCount);
      const room = rooms.reduce((sum, pods) => sum + pods, 0) - snapshot.podCount;
      const waiting = gangs.filter((_, index) => held[index] === 0);
      for (const [gang] of waiting) assert.ok(gang.minCount > room, 'a gang that would fit is not left out');
    }),
    RUNS,
  );
});
