/** The nodes and pods of a real cluster, asked of kubectl. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PeapodError } from '../../model/errors.ts';
import type { ClusterObject } from '../../scheduler/simulate/cluster-objects.ts';
import { readDump } from './read-objects.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024 * 1024;

/** @throws PeapodError `MissingPrerequisite` without kubectl, `Unavailable` when it fails */
export async function readFromKubectl(kubeconfig: string): Promise<ClusterObject[]> {
  const words = ['--kubeconfig', kubeconfig, 'get', 'nodes,pods', '--all-namespaces', '--output', 'json'];
  try {
    const { stdout } = await promisify(execFile)('kubectl', words, { maxBuffer: MAX_OUTPUT_BYTES });
    return readDump(stdout, 'kubectl get nodes,pods');
  } catch (cause) {
    if (cause instanceof PeapodError) throw cause;
    const { code, stderr, message } = cause as { code?: unknown; stderr?: string; message: string };
    if (code === 'ENOENT') {
      throw new PeapodError('MissingPrerequisite', 'cannot read the cluster: there is no kubectl', {
        cause,
        hint: 'kubectl get nodes,pods -A -o json > dump.json, where there is one, and --cluster dump.json',
      });
    }
    throw new PeapodError('Unavailable', `cannot read the cluster: ${(stderr || message).trim()}`, { cause });
  }
}
