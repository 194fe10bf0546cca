import type { Pod, Probe } from '../../model/api/types.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import type { AgentDeps } from '../agent-deps.ts';
import type { PodEvents } from '../events/pod-events.ts';
import { type Action, containerKey } from '../planner/action.ts';
import type { ObservedPod, ProbeFacts, ProbeResult } from '../planner/plan-input.ts';
import type { PodMemory } from '../pod-memory.ts';
import { findSpecContainer, type SpecContainer } from '../spec-containers.ts';
import { apiContainerId } from '../status/container-status.ts';
import { probeContainer } from './probe-container.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeSetOptions {
  deps: AgentDeps;
  events: PodEvents;
  memory: PodMemory;
  pod: () => Pod;
  observed: () => ObservedPod;
  onResult: () => void;
}

interface ProbeRun {
  abort: AbortController;
  done: Promise<void>;
}

/** The probes of one pod's running containers: each instance of a container begins anew. */
export class ProbeSet {
  readonly #options: ProbeSetOptions;
  readonly #runs = new Map<string, ProbeRun>();

  constructor(options: ProbeSetOptions) {
    this.#options = options;
  }

  /**
   * Starts the probes that should run and ends those that should not: the startup probe alone first, then liveness and readiness. Of a pod that is
   * ending only readiness still counts.
   */
  sync(observed: ObservedPod, busy: ReadonlyMap<string, Action>, ending: boolean): void {
    const wanted = new Map<string, () => Promise<void>>();
    for (const instance of observed.containers) {
      const container = findSpecContainer(this.#options.pod(), instance.metadata.name);
      if (container === undefined || instance.state !== 'CONTAINER_RUNNING') continue;
      if (container.kind !== 'app' && container.kind !== 'sidecar') continue;
      if (busy.get(containerKey(container.name))?.type === 'start-container') continue;
      const facts = this.#factsOf(container, instance);
      for (const kind of activeKinds(container, facts, ending)) {
        const key = `${instance.id}/${kind}`;
        wanted.set(key, () => this.#run(key, kind, container, instance));
      }
    }
    for (const [key, { abort }] of this.#runs) if (!wanted.has(key)) abort.abort();
    for (const [key, start] of wanted) if (!this.#runs.has(key)) void start();
  }

  /** Resolves when no probe runs any more. */
  async stop(): Promise<void> {
    const running = [...this.#runs.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  #run(key: string, kind: ProbeKind, container: SpecContainer, instance: RuntimeContainer): Promise<void> {
    const abort = new AbortController();
    const { deps, events, pod, observed } = this.#options;
    const done = probeContainer(kind, {
      deps,
      events,
      container,
      instance,
      pod,
      observed,
      signal: abort.signal,
      onResult: (result) => this.#remember(instance.id, kind, result),
    })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) {
          deps.log({ level: 'error', message: `${kind} probe of ${container.name} broke`, error });
        }
      })
      .finally(() => this.#runs.delete(key));
    this.#runs.set(key, { abort, done });
    return done;
  }

  #remember(containerId: string, kind: ProbeKind, result: ProbeResult): void {
    const { memory, onResult } = this.#options;
    const facts = memory.probes.get(containerId) ?? UNPROBED;
    if (facts[kind] === result) return;
    memory.probes.set(containerId, { ...facts, [kind]: result });
    onResult();
  }

  /** After a restart of the agent a container counts as what it was last told to be. */
  #factsOf(container: SpecContainer, instance: RuntimeContainer): ProbeFacts {
    const { memory, pod } = this.#options;
    const known = memory.probes.get(instance.id);
    if (known !== undefined) return known;
    const { initContainerStatuses = [], containerStatuses = [] } = pod().status ?? {};
    const told = [...initContainerStatuses, ...containerStatuses].find(
      ({ containerID }) => containerID === apiContainerId(instance.id),
    );
    const facts: ProbeFacts = {
      startup: told?.started === true && container.spec.startupProbe !== undefined ? 'success' : 'unknown',
      liveness: 'unknown',
      readiness: told?.ready === true && container.spec.readinessProbe !== undefined ? 'success' : 'unknown',
    };
    memory.probes.set(instance.id, facts);
    return facts;
  }
}

const UNPROBED: ProbeFacts = { startup: 'unknown', liveness: 'unknown', readiness: 'unknown' };

function activeKinds({ spec }: SpecContainer, facts: ProbeFacts, ending: boolean): ProbeKind[] {
  const kinds: ProbeKind[] = [];
  const starting = spec.startupProbe !== undefined && facts.startup !== 'success';
  if (starting) {
    // A failure stays one until the next instance.
    if (!ending && facts.startup !== 'failure') kinds.push('startup');
    return kinds;
  }
  if (spec.livenessProbe !== undefined && !ending && facts.liveness !== 'failure') kinds.push('liveness');
  if (spec.readinessProbe !== undefined) kinds.push('readiness');
  return kinds;
}

export function probeOf({ spec }: SpecContainer, kind: ProbeKind): Probe | undefined {
  switch (kind) {
    case 'startup':
      return spec.startupProbe;
    case 'liveness':
      return spec.livenessProbe;
    case 'readiness':
      return spec.readinessProbe;
  }
}
