/** CRI's enums by the words that PodRuntime has for them, and the other way round. */
import {
  ContainerState,
  MountPropagation,
  NamespaceMode,
  PodSandboxState,
  Protocol,
  SecurityProfile_ProfileType,
  Signal,
  SupplementalGroupsPolicy,
} from '../api/runtime_pb.ts';
import { invalid } from './invalid.ts';

interface Words<Values extends Record<string, number>> {
  /** @throws PeapodError Invalid, naming the field, for a number that has no word */
  word(value: number, field: string): keyof Values & string;
  value(word: keyof Values & string): Values[keyof Values & string];
}

function words<const Values extends Record<string, number>>(values: Values): Words<Values> {
  const byNumber = new Map<number, keyof Values & string>(
    Object.entries(values).map(([word, value]) => [value, word]),
  );
  return {
    word: (value, field) => byNumber.get(value) ?? invalid(field, value, 'unknown value'),
    value: (word) => values[word],
  };
}

export const namespaceModes = words(NamespaceMode);
export const protocols = words(Protocol);
export const sandboxStates = words(PodSandboxState);
export const containerStates = words(ContainerState);
export const groupPolicies = words(SupplementalGroupsPolicy);
export const profileTypes = words(SecurityProfile_ProfileType);
export const propagations = words({
  PRIVATE: MountPropagation.PROPAGATION_PRIVATE,
  HOST_TO_CONTAINER: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  BIDIRECTIONAL: MountPropagation.PROPAGATION_BIDIRECTIONAL,
});

const signals = words(Signal);

/** `SIGRTMIN+3` for `SIGRTMINPLUS3`; nothing for the runtime's default. */
export function signalName(value: number, field: string): string | undefined {
  if (value === Signal.RUNTIME_DEFAULT) return undefined;
  return signals.word(value, field).replace('PLUS', '+').replace('MINUS', '-');
}

/** The runtime's default for a signal that CRI has no number of. */
export function signalValue(name: string): Signal {
  const word = `SIG${name.toUpperCase().replace(/^SIG/, '')}`.replace('+', 'PLUS').replace('-', 'MINUS');
  return word in Signal ? signals.value(word as keyof typeof Signal) : Signal.RUNTIME_DEFAULT;
}
