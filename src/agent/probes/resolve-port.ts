import type { Container, EphemeralContainer } from '../../model/api/types.ts';

/**
 * A port by its number, or by the name of one of the container's.
 * @throws RangeError in the kubelet's words
 */
export function resolvePort(port: number | string, container: Container | EphemeralContainer): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  if (typeof port === 'number') throw new RangeError(`invalid port number: ${port}`);
  const named = (container.ports ?? []).find(({ name }) => name === port);
  if (named === undefined) throw new RangeError(`unable to find named port "${port}"`);
  return named.containerPort;
}
