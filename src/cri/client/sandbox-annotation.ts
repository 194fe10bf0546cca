import { PeapodError } from '../../model/errors.ts';
import type { PodSandboxConfig } from '../../runtime/pod-runtime.ts';

/** The sandbox's own configuration: CRI wants it again with each container, and a runtime does not give it back. */
const ANNOTATION = 'peapod.dev/sandbox-config';

export function withConfig(config: PodSandboxConfig): PodSandboxConfig {
  const { labels: _, annotations, ...rest } = config;
  return { ...config, annotations: { ...annotations, [ANNOTATION]: JSON.stringify(rest) } };
}

export function withoutConfig(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const { [ANNOTATION]: _, ...own } = annotations;
  return own;
}

/** @throws PeapodError FailedPrecondition when somebody else made the sandbox */
export function readConfig(sandbox: {
  id: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}): PodSandboxConfig {
  const { id, labels, annotations } = sandbox;
  const text = annotations[ANNOTATION];
  if (text === undefined)
    throw new PeapodError('FailedPrecondition', `sandbox "${id}" was made by somebody else`);
  return { ...(JSON.parse(text) as PodSandboxConfig), labels, annotations };
}
