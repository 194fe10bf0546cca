import { readFile } from 'node:fs/promises';
import type { HostFacts } from './spec/build-spec.ts';
import { capabilityNames } from './spec/capabilities.ts';
import { hardNofileIn } from './spec/rlimits.ts';

/** What this process may give to a container. */
export async function readHostFacts(known: Pick<HostFacts, 'ociVersion' | 'cgroupMode'>): Promise<HostFacts> {
  const [status, limits, oomScoreAdj] = await Promise.all([
    readFile('/proc/self/status', 'utf8'),
    readFile('/proc/self/limits', 'utf8'),
    readFile('/proc/self/oom_score_adj', 'utf8'),
  ]);
  return {
    ...known,
    arch: process.arch === 'arm64' ? 'arm64' : 'x64',
    capabilities: new Set(capabilityNames(/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0')),
    hardNofile: hardNofileIn(limits),
    oomScoreAdj: Number(oomScoreAdj.trim()),
  };
}
