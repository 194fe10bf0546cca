import { PeapodError } from '../../../model/errors.ts';
import type { OciSeccomp, OciSeccompArg, OciSeccompRule } from './oci-spec.ts';

const ACTIONS = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
];

const OPERATORS = ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].map((name) => `SCMP_CMP_${name}`);

/**
 * Reads a `Localhost` profile: JSON in the form of the OCI specification's `linux.seccomp`, as the kubelet's profiles have it.
 * Only the fields known here pass on: a `listenerPath` must not make the runtime connect to some socket of the host.
 * @param name of the file, for messages
 * @throws PeapodError CreateContainerError
 */
export function parseSeccompProfile(name: string, text: string): OciSeccomp {
  const wrong = (what: string) =>
    new PeapodError('CreateContainerError', `cannot load seccomp profile "${name}": ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PeapodError('CreateContainerError', `cannot load seccomp profile "${name}": it is not JSON`, {
      cause: error,
    });
  }
  if (!isObject(value)) throw wrong('it is not an object');
  if (!isAction(value['defaultAction'])) throw wrong('defaultAction is missing or unknown');
  const profile: OciSeccomp = {
    defaultAction: value['defaultAction'],
    syscalls: (isList(value['syscalls']) ? value['syscalls'] : []).map((rule, i) =>
      parseRule(rule, i, wrong),
    ),
  };
  if (isWhole(value['defaultErrnoRet'])) profile.defaultErrnoRet = value['defaultErrnoRet'];
  if (isStrings(value['architectures'])) profile.architectures = value['architectures'];
  if (isStrings(value['flags'])) profile.flags = value['flags'];
  return profile;
}

function parseRule(rule: unknown, index: number, wrong: (what: string) => Error): OciSeccompRule {
  if (!isObject(rule)) throw wrong(`syscalls[${index}] is not an object`);
  const { names, action, errnoRet, args } = rule;
  if (!isStrings(names) || names.length === 0) throw wrong(`syscalls[${index}].names is missing`);
  if (!isAction(action)) throw wrong(`syscalls[${index}].action is missing or unknown`);
  const parsed: OciSeccompRule = { names, action };
  if (isWhole(errnoRet)) parsed.errnoRet = errnoRet;
  if (isList(args) && args.length > 0) parsed.args = args.map((arg) => parseArg(arg, index, wrong));
  return parsed;
}

function parseArg(arg: unknown, index: number, wrong: (what: string) => Error): OciSeccompArg {
  if (!isObject(arg)) throw wrong(`syscalls[${index}].args has something that is not an object`);
  const { index: position, value, valueTwo, op } = arg;
  if (!isWhole(position) || position > 5) throw wrong(`syscalls[${index}].args has no index from 0 to 5`);
  if (typeof value !== 'number') throw wrong(`syscalls[${index}].args has no value`);
  if (typeof op !== 'string' || !OPERATORS.includes(op))
    throw wrong(`syscalls[${index}].args has an unknown op`);
  return { index: position, value, ...(typeof valueTwo === 'number' ? { valueTwo } : {}), op };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isAction(value: unknown): value is string {
  return typeof value === 'string' && ACTIONS.includes(value);
}
