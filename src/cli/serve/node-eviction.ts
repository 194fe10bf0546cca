import type { AgentDeps } from '../../agent/agent-deps.ts';
import type { EvictionSettings } from '../../agent/eviction/eviction-settings.ts';
import type { PressureCondition } from '../../agent/eviction/judge-pressure.ts';
import type { EvictionOptions } from '../../agent/eviction/node-pressure.ts';
import { removeUnusedImages } from '../../agent/images/remove-unused-images.ts';
import type { Settings } from '../settings.ts';
import { readNode } from './read-node.ts';
import { readRoom } from './read-room.ts';

export interface NodeEvictionOptions {
  readonly settings: Settings;
  readonly eviction: EvictionSettings;
  readonly deps: Pick<AgentDeps, 'runtime' | 'log'>;
  /** Told what happens to the node. */
  readonly tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  readonly onConditions: (conditions: ReadonlySet<PressureCondition>) => void;
}

const CALM: Record<PressureCondition, [string, string]> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
};

/** How this machine is kept from running short. */
export function nodeEviction(options: NodeEvictionOptions): EvictionOptions {
  const { settings, eviction, deps, tell, onConditions } = options;
  let before: ReadonlySet<PressureCondition> = new Set();
  return {
    settings: eviction,
    readNode: () => readNode(settings.root),
    readImageRoom: () => readRoom(settings.images),
    removeUnusedImages: (signal) => removeUnusedImages(deps, signal),
    onConditions: (conditions) => {
      for (const [condition, [short, calm]] of Object.entries(CALM) as [
        PressureCondition,
        [string, string],
      ][]) {
        if (conditions.has(condition) === before.has(condition)) continue;
        const reason = conditions.has(condition) ? short : calm;
        tell('Normal', reason, `Node ${settings.nodeName} status is now: ${reason}`);
      }
      before = conditions;
      onConditions(conditions);
    },
    onReclaim: (resource) => tell('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`),
  };
}
