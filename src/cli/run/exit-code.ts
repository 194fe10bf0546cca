import type { ContainerStateTerminated, Pod } from '../../model/api/types.ts';

/** 0 when all containers of all pods succeeded, else the exit code of the one that failed first. Sidecars do not count. */
export function exitCodeOf(pods: readonly Pod[]): number {
  const failed = pods
    .flatMap(endedContainers)
    .filter(({ exitCode }) => exitCode !== 0)
    .sort((a, b) => Date.parse(a.finishedAt ?? '') - Date.parse(b.finishedAt ?? ''));
  const code = failed[0]?.exitCode ?? (pods.some((pod) => pod.status?.phase === 'Failed') ? 1 : 0);
  return code & 0xff || (code === 0 ? 0 : 1);
}

function endedContainers(pod: Pod): ContainerStateTerminated[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
  );
  return [...initContainerStatuses.filter(({ name }) => !sidecars.has(name)), ...containerStatuses]
    .map(({ state }) => state?.terminated)
    .filter((terminated) => terminated !== undefined);
}
