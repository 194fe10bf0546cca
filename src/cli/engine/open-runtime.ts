import { PeapodError } from '../../model/errors.ts';
import { type Host, openHost } from '../host.ts';
import type { PodSource } from './pod-source.ts';

/** The runtime that has the containers of a source's pods. @throws PeapodError Unsupported where that is another one than ours */
export async function openRuntime(source: PodSource): Promise<Host> {
  const endpoint = source.kind === 'server' ? source.server.runtimeEndpoint : undefined;
  if (endpoint === undefined) return openHost(source.settings);
  throw new PeapodError(
    'Unsupported',
    `the server's pods are run by the runtime at ${endpoint}, not by ours`,
    {
      hint: 'kubectl, after peapod kubeconfig --merge',
    },
  );
}
