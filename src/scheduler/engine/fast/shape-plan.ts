/** The steps of a profile's plugins for pods of one shape; those of scope `node` are made once. */
import type { FilterStep, PluginContext, ScoreStep } from '../plugin.ts';
import type { PodInfo } from '../pod/pod-info.ts';
import type { Profile } from '../profile.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { type FreeWish, freeWishOf } from './free-wish.ts';
import { NodeRanking } from './node-ranking.ts';

export interface NamedFilter {
  readonly plugin: string;
  readonly step: FilterStep;
}

export interface WeightedScore {
  readonly plugin: string;
  readonly weight: number;
  readonly step: ScoreStep;
}

export interface Steps {
  readonly filters: readonly NamedFilter[];
  readonly scores: readonly WeightedScore[];
  /** Those of scope `cluster` among them. */
  readonly clusterFilters: readonly NamedFilter[];
  readonly clusterScores: readonly WeightedScore[];
}

export class ShapePlan {
  readonly #profile: Profile;
  readonly #snapshot: ClusterSnapshot;
  readonly #epochs: string;
  readonly #filters: readonly (FilterStep | undefined)[];
  readonly #scores: readonly (ScoreStep | undefined)[];
  readonly #nodeSteps: Steps;
  #uses = 0;
  #ranking: NodeRanking | undefined;
  /** What the pods want of nodes by themselves, when that is simple. */
  readonly freeWish: FreeWish | undefined;

  constructor(profile: Profile, context: PluginContext) {
    this.#profile = profile;
    this.#snapshot = context.snapshot;
    this.#epochs = epochsOf(context.snapshot);
    this.#filters = profile.filters.map((plugin) =>
      plugin.scope === 'node' ? plugin.filter?.(context) : undefined,
    );
    this.#scores = profile.scorers.map(({ plugin }) =>
      plugin.scope === 'node' ? plugin.score?.(context) : undefined,
    );
    this.#nodeSteps = this.#assemble(this.#filters, this.#scores);
    this.freeWish = freeWishOf(this.#nodeSteps, context.pod.template.shape);
  }

  /** Whether nothing changed on which its steps, or their absence, depend. */
  get isCurrent(): boolean {
    return this.#epochs === epochsOf(this.#snapshot);
  }

  stepsFor(pod: PodInfo): Steps {
    const context = { snapshot: this.#snapshot, pod };
    let nodesOnly = true;
    const { filters, scorers } = this.#profile;
    const allFilters = filters.map((plugin, index) => {
      if (plugin.scope === 'node') return this.#filters[index];
      const step = plugin.filter?.(context);
      if (step !== undefined) nodesOnly = false;
      return step;
    });
    const allScores = scorers.map(({ plugin }, index) => {
      if (plugin.scope === 'node') return this.#scores[index];
      const step = plugin.score?.(context);
      if (step !== undefined) nodesOnly = false;
      return step;
    });
    return nodesOnly ? this.#nodeSteps : this.#assemble(allFilters, allScores);
  }

  /** All nodes in order of their scores, from the second use on: a single pod is not worth it. */
  ranking(): NodeRanking | undefined {
    if (this.#uses++ === 0) return undefined;
    this.#ranking ??= new NodeRanking(this.#snapshot, this.#nodeSteps);
    return this.#ranking.catchUp() ? this.#ranking : undefined;
  }

  #assemble(filters: readonly (FilterStep | undefined)[], scores: readonly (ScoreStep | undefined)[]): Steps {
    const allFilters: NamedFilter[] = [];
    const clusterFilters: NamedFilter[] = [];
    for (const [index, step] of filters.entries()) {
      const plugin = this.#profile.filters[index];
      if (step === undefined || plugin === undefined) continue;
      const named = { plugin: plugin.name, step };
      allFilters.push(named);
      if (plugin.scope === 'cluster') clusterFilters.push(named);
    }
    const allScores: WeightedScore[] = [];
    const clusterScores: WeightedScore[] = [];
    for (const [index, step] of scores.entries()) {
      const scorer = this.#profile.scorers[index];
      if (step === undefined || scorer === undefined) continue;
      const weighted = { plugin: scorer.plugin.name, weight: scorer.weight, step };
      allScores.push(weighted);
      if (scorer.plugin.scope === 'cluster') clusterScores.push(weighted);
    }
    return { filters: allFilters, scores: allScores, clusterFilters, clusterScores };
  }
}

function epochsOf({ objectsEpoch, images, columns }: ClusterSnapshot): string {
  return `${objectsEpoch}/${images.epoch}/${columns.generation}`;
}

/** The plans used last; there is one per profile and shape. */
export class ShapePlans {
  readonly #plans = new Map<string, ShapePlan>();
  readonly #snapshot: ClusterSnapshot;

  constructor(snapshot: ClusterSnapshot) {
    this.#snapshot = snapshot;
  }

  for(profile: Profile, pod: PodInfo): ShapePlan {
    const key = `${profile.schedulerName} ${pod.template.shape.key}`;
    const known = this.#plans.get(key);
    const plan = known?.isCurrent ? known : new ShapePlan(profile, { snapshot: this.#snapshot, pod });
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    if (this.#plans.size > MAX_PLANS) {
      const [oldest] = this.#plans.keys();
      if (oldest !== undefined) this.#plans.delete(oldest);
    }
    return plan;
  }
}

const MAX_PLANS = 128;
