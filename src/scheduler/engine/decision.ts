/** What the engine decides about a pod, and why. */

/** One fact behind a rejection, with its numbers. */
export type RejectionDetail =
  | {
      readonly kind: 'resource';
      readonly resource: string;
      /** In milli-CPUs for `cpu`, else whole units; `free` is what is left on the node now. */
      readonly needed: number;
      readonly free: number;
      readonly allocatable: number;
    }
  | { readonly kind: 'taint'; readonly key: string; readonly value: string; readonly effect: string }
  | { readonly kind: 'ports'; readonly ports: readonly string[] }
  | { readonly kind: 'affinity'; readonly topologyKey: string; readonly domain: string | undefined }
  | {
      readonly kind: 'spread';
      readonly topologyKey: string;
      readonly domain: string | undefined;
      /** Pods that would be in the node's domain, the least in any domain, and how far the two may differ. */
      readonly count: number;
      readonly least: number;
      readonly maxSkew: number;
    }
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'note'; readonly text: string };

/** Why one plugin turned one node away. */
export interface Rejection {
  /** In kube-scheduler's words: `Insufficient memory`. */
  readonly reasons: readonly string[];
  /** Whether the node might suit with fewer pods on it. */
  readonly preemptible: boolean;
  readonly details: readonly RejectionDetail[];
}

export interface NodeRejection extends Rejection {
  readonly node: string;
  readonly plugin: string;
}

/** How many nodes a plugin was the first to turn away. */
export interface RejectionCount {
  readonly plugin: string;
  readonly nodes: number;
}

export type Decision = Placement | Refusal;

/** The pod goes to `node`; the snapshot is not changed by the decision. */
export interface Placement {
  readonly outcome: 'placed';
  readonly node: string;
  /** The weighted sum over the scoring plugins. */
  readonly score: number;
  /** How many nodes suit. */
  readonly feasible: number;
  /** How many of them have the best score; the choice among them is random. */
  readonly ties: number;
}

/** No node suits. */
export interface Refusal {
  readonly outcome: 'refused';
  readonly nodes: number;
  readonly rejections: readonly RejectionCount[];
  /** Set when the pod may not be scheduled at all for now: by the plugin's name. */
  readonly gated: string | undefined;
}

export interface PluginScore {
  readonly plugin: string;
  readonly weight: number;
  readonly raw: number;
  /** 0..100 */
  readonly normalised: number;
}

export interface NodeScore {
  readonly node: string;
  readonly total: number;
  readonly scores: readonly PluginScore[];
}

/** Everything about a decision, made on demand from the snapshot that it is asked of. */
export interface Explanation {
  readonly pod: string;
  readonly nodes: number;
  readonly rejected: readonly NodeRejection[];
  /** Best first. */
  readonly feasible: readonly NodeScore[];
  /** `0/2 nodes are available: 1 Insufficient memory, …`; empty when a node suits. */
  readonly summary: string;
}
