import type { NodeUsage } from '../../model/usage/node-usage.ts';

/** The figures of nodes: of this process's own, or over their agents' servers. */
export interface NodeStats {
  /** Nothing when there are no figures of such a node. @throws PeapodError when its agent cannot be asked */
  usage(node: string): Promise<NodeUsage | undefined>;
  /** What the agent of the node serves at a path; nothing when there is no such node, or no such page. */
  page(node: string, path: string): Promise<NodePage | undefined>;
}

export interface NodePage {
  readonly contentType: string;
  readonly body: string;
}
