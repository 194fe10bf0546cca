import type { Pod } from '../../../model/api/types.ts';

/** Whom all containers of the pod run as, where the spec says so for each and they agree. @see kubernetes/pkg/volume/util/util.go FsUserFrom */
export function podUser({ spec }: Pod): number | undefined {
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  const users = containers.map(
    ({ securityContext }) => securityContext?.runAsUser ?? spec?.securityContext?.runAsUser,
  );
  const [first] = users;
  return users.every((user) => user === first) ? first : undefined;
}
