import { PeapodError } from '../../../model/errors.ts';
import type { ImageConfigChanges } from '../image-store.ts';

/**
 * Reads one instruction of a Dockerfile's kind, as `peapod import --change` takes them: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL,
 * STOPSIGNAL, USER, VOLUME, WORKDIR. Lists are JSON arrays; a bare text for CMD and ENTRYPOINT is run by a shell.
 * @returns the changes with this one added; of several ENV, LABEL, EXPOSE and VOLUME all count, of the others the last
 * @throws PeapodError Invalid
 */
export function readImageChange(changes: ImageConfigChanges, instruction: string): ImageConfigChanges {
  const match = /^\s*([A-Za-z]+)[\s=]+(.*?)\s*$/s.exec(instruction);
  const [, keyword = '', value = ''] = match ?? [];
  if (value === '') throw invalid(instruction, 'it says nothing');
  switch (keyword.toUpperCase()) {
    case 'CMD':
      return { ...changes, cmd: commandOf(instruction, value) };
    case 'ENTRYPOINT':
      return { ...changes, entrypoint: commandOf(instruction, value) };
    case 'ENV':
      return { ...changes, env: [...(changes.env ?? []), assignment(instruction, value).join('=')] };
    case 'LABEL':
      return {
        ...changes,
        labels: { ...changes.labels, ...Object.fromEntries([assignment(instruction, value)]) },
      };
    case 'EXPOSE':
      return { ...changes, exposedPorts: [...(changes.exposedPorts ?? []), ...value.split(/\s+/)] };
    case 'VOLUME':
      return { ...changes, volumes: [...(changes.volumes ?? []), ...(listOf(value) ?? value.split(/\s+/))] };
    case 'STOPSIGNAL':
      return { ...changes, stopSignal: value };
    case 'USER':
      return { ...changes, user: value };
    case 'WORKDIR':
      return { ...changes, workingDir: value };
    default:
      throw invalid(
        instruction,
        'supported are CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR',
      );
  }
}

function commandOf(instruction: string, value: string): string[] {
  const list = listOf(value);
  if (list !== undefined) return list;
  if (value.startsWith('[')) throw invalid(instruction, 'its list is no JSON array of strings');
  return ['/bin/sh', '-c', value];
}

function listOf(value: string): string[] | undefined {
  if (!value.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}

/** `NAME=value`, the value perhaps in double quotes, or `NAME value`. */
function assignment(instruction: string, value: string): [string, string] {
  const match = /^([^\s=]+)[=\s](.*)$/s.exec(value);
  if (match === null) throw invalid(instruction, 'it has to be NAME=value');
  const [, name = '', text = ''] = match;
  return [name, /^".*"$/s.test(text) ? text.slice(1, -1) : text];
}

function invalid(instruction: string, why: string): PeapodError {
  return new PeapodError('Invalid', `cannot apply change ${JSON.stringify(instruction)}: ${why}`);
}
