import type { DaemonSet, Node } from '../../model/api/types.ts';
import { selectsNode } from '../../model/node-selector.ts';
import { untolerated } from '../../model/tolerations.ts';
import { withDaemonTolerations } from './daemon-pod.ts';

/** `runs`: a pod is to be there; `stays`: none is made, but one that is there may stay. */
export type NodeFit = 'runs' | 'stays' | 'never';

/** @see kubernetes/pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod */
export function nodeFit({ spec }: DaemonSet, node: Node): NodeFit {
  const template = spec?.template.spec ?? { containers: [] };
  if (template.nodeName && template.nodeName !== node.metadata?.name) return 'never';
  if (!selectsNode(template, node)) return 'never';
  const { tolerations } = withDaemonTolerations(template);
  const { taints } = node.spec ?? {};
  if (untolerated(taints, tolerations, ['NoExecute']).length > 0) return 'never';
  return untolerated(taints, tolerations, ['NoSchedule']).length > 0 ? 'stays' : 'runs';
}
