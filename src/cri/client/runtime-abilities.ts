import { PeapodError } from '../../model/errors.ts';
import type { RuntimeHandler } from '../../runtime/pod-runtime.ts';
import type { StatusResponse } from '../api/runtime_pb.ts';

type Ability = 'recursiveReadOnlyMounts' | 'userNamespaces' | 'supplementalGroupsPolicy' | 'imageVolumes';

/** What a runtime says that it can do. Older ones leave out what they do not know, without a word: so it is refused before. */
export interface RuntimeAbilities {
  readonly handlers: readonly RuntimeHandler[];
  /** @throws PeapodError Unsupported that names the field */
  demand(ability: Ability, field: string): void;
}

/** @param name of the runtime, with its version, for messages */
export function runtimeAbilities(name: string, status: StatusResponse): RuntimeAbilities {
  const handlers = handlersOf(status);
  const [preferred] = handlers;
  const can: Record<Ability, boolean> = {
    recursiveReadOnlyMounts: preferred?.recursiveReadOnlyMounts ?? false,
    userNamespaces: preferred?.userNamespaces ?? false,
    supplementalGroupsPolicy: status.features?.supplementalGroupsPolicy ?? false,
    // There is no word for it; the runtimes that can do it are younger than those that tell their features.
    imageVolumes: status.features !== undefined,
  };
  return {
    handlers,
    demand: (ability, field) => {
      if (can[ability]) return;
      throw new PeapodError('Unsupported', `${field}: Forbidden: the runtime ${name} does not support it`);
    },
  };
}

function handlersOf({ runtimeHandlers }: StatusResponse): RuntimeHandler[] {
  const told = runtimeHandlers.map(({ name, features }) => ({
    name,
    recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
    userNamespaces: features?.userNamespaces ?? false,
  }));
  const preferred = told.find(({ name }) => name === '');
  const rest = told.filter(({ name }) => name !== '');
  return [preferred ?? { name: '', recursiveReadOnlyMounts: false, userNamespaces: false }, ...rest];
}
