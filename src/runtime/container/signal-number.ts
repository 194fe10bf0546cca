import { constants } from 'node:os';
import { PeapodError } from '../../model/errors.ts';

const LAST_REALTIME_SIGNAL = 64;
const FIRST_REALTIME_SIGNAL = 34;

/**
 * The number of a signal as images and manifests write it: `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`.
 * @throws PeapodError CreateContainerConfigError
 */
export function signalNumber(text: string): number {
  const name = text.toUpperCase().replace(/^SIG/, '');
  const number = /^\d+$/.test(name) ? Number(name) : (realtime(name) ?? byName(name));
  if (number !== undefined && number > 0 && number <= LAST_REALTIME_SIGNAL) return number;
  throw new PeapodError('CreateContainerConfigError', `unknown stop signal "${text}"`);
}

function byName(name: string): number | undefined {
  return (constants.signals as Record<string, number>)[`SIG${name}`];
}

function realtime(name: string): number | undefined {
  const match = /^RT(MIN|MAX)([+-]\d+)?$/.exec(name);
  if (!match) return undefined;
  const base = match[1] === 'MIN' ? FIRST_REALTIME_SIGNAL : LAST_REALTIME_SIGNAL;
  const number = base + Number(match[2] ?? 0);
  return number >= FIRST_REALTIME_SIGNAL ? number : undefined;
}
