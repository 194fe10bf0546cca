import type { HostPort } from '../pod/pod-shape.ts';
import { filterByNode, type SchedulerPlugin } from '../plugin.ts';

const ANY_IP = '0.0.0.0';

/** Host ports that the pod wants must be free; the address 0.0.0.0 is in the way of all. */
export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  scope: 'node',
  events: ['NodeAdded', 'PodDeleted'],
  filter({ pod, snapshot }) {
    const { hostPorts } = pod.template.shape;
    if (hostPorts.length === 0) return undefined;
    return filterByNode((node) => {
      const used = snapshot.hostPorts.on(node);
      if (used === undefined) return undefined;
      const taken = hostPorts.filter((port) => isTaken(port, used));
      if (taken.length === 0) return undefined;
      return {
        reasons: ["node(s) didn't have free ports for the requested pod ports"],
        preemptible: true,
        details: [
          { kind: 'ports', ports: taken.map(({ ip, protocol, port }) => `${ip}:${port}/${protocol}`) },
        ],
      };
    });
  },
};

function isTaken({ ip, protocol, port }: HostPort, used: ReadonlyMap<string, number>): boolean {
  const prefix = `${port}/${protocol}/`;
  if (ip !== ANY_IP) return used.has(prefix + ip) || used.has(prefix + ANY_IP);
  for (const key of used.keys()) if (key.startsWith(prefix)) return true;
  return false;
}
