/**
 * The files by which vendors describe devices, as far as we apply them.
 * @see https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
 */
import { PeapodError } from '../../../model/errors.ts';
import type { OciHooks } from '../spec/oci-spec.ts';

export interface CdiSpec {
  /** `vendor.example/class` */
  readonly kind: string;
  readonly devices: readonly CdiDevice[];
  /** For each container that gets any of the devices. */
  readonly edits: CdiEdits;
}

export interface CdiDevice {
  readonly name: string;
  readonly edits: CdiEdits;
}

export interface CdiEdits {
  readonly env: readonly string[];
  readonly deviceNodes: readonly CdiDeviceNode[];
  readonly mounts: readonly CdiMount[];
  readonly hooks: readonly CdiHook[];
  readonly additionalGids: readonly number[];
  /** Fields that we know and do not apply. */
  readonly refused: readonly string[];
}

export interface CdiDeviceNode {
  readonly path: string;
  readonly hostPath?: string;
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly permissions?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CdiMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly type?: string;
  readonly options?: readonly string[];
}

export interface CdiHook {
  readonly hookName: keyof OciHooks;
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly timeout?: number;
}

const HOOKS: readonly string[] = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
];
const KNOWN_EDITS = new Set(['env', 'deviceNodes', 'mounts', 'hooks', 'additionalGids']);
const KIND = /^[A-Za-z0-9][A-Za-z0-9._-]*\/[A-Za-z][A-Za-z0-9_-]*$/;
const DEVICE_NAME = /^[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?$/;

type Json = Record<string, unknown>;

/**
 * @param value what the file's JSON or YAML says
 * @throws PeapodError Invalid that names the field
 */
export function parseCdiSpec(value: unknown): CdiSpec {
  const spec = object(value, 'the file');
  text(spec['cdiVersion'], 'cdiVersion');
  const kind = text(spec['kind'], 'kind');
  if (!KIND.test(kind)) invalid('kind', 'must be VENDOR/CLASS');
  return {
    kind,
    devices: list(spec['devices'], 'devices').map((item, index) => device(item, `devices[${index}]`)),
    edits: edits(spec['containerEdits'], 'containerEdits'),
  };
}

function device(value: unknown, field: string): CdiDevice {
  const { name, containerEdits } = object(value, field);
  if (!DEVICE_NAME.test(text(name, `${field}.name`))) invalid(`${field}.name`, 'must be a device name');
  return { name: name as string, edits: edits(containerEdits, `${field}.containerEdits`) };
}

function edits(value: unknown, field: string): CdiEdits {
  const from = value === undefined ? {} : object(value, field);
  return {
    env: list(from['env'], `${field}.env`).map((item, index) => variable(item, `${field}.env[${index}]`)),
    deviceNodes: list(from['deviceNodes'], `${field}.deviceNodes`).map((item, index) =>
      deviceNode(item, `${field}.deviceNodes[${index}]`),
    ),
    mounts: list(from['mounts'], `${field}.mounts`).map((item, index) =>
      mount(item, `${field}.mounts[${index}]`),
    ),
    hooks: list(from['hooks'], `${field}.hooks`).map((item, index) => hook(item, `${field}.hooks[${index}]`)),
    additionalGids: list(from['additionalGids'], `${field}.additionalGids`).map((item) =>
      number(item, `${field}.additionalGids`),
    ),
    refused: Object.keys(from)
      .filter((name) => !KNOWN_EDITS.has(name))
      .map((name) => `${field}.${name}`),
  };
}

function variable(value: unknown, field: string): string {
  const entry = text(value, field);
  return entry.indexOf('=') > 0 ? entry : invalid(field, 'must be NAME=VALUE');
}

function deviceNode(value: unknown, field: string): CdiDeviceNode {
  const node = object(value, field);
  absolute(node['path'], `${field}.path`);
  if (node['hostPath'] !== undefined) absolute(node['hostPath'], `${field}.hostPath`);
  if (node['type'] !== undefined && !/^[bcup]$/.test(text(node['type'], `${field}.type`)))
    invalid(`${field}.type`, 'must be b, c, u or p');
  if (
    node['permissions'] !== undefined &&
    !/^[rwm]+$/.test(text(node['permissions'], `${field}.permissions`))
  )
    invalid(`${field}.permissions`, 'must be of r, w and m');
  for (const name of ['major', 'minor', 'fileMode', 'uid', 'gid'])
    if (node[name] !== undefined) number(node[name], `${field}.${name}`);
  return node as unknown as CdiDeviceNode;
}

function mount(value: unknown, field: string): CdiMount {
  const from = object(value, field);
  text(from['hostPath'], `${field}.hostPath`);
  absolute(from['containerPath'], `${field}.containerPath`);
  if (from['type'] !== undefined) text(from['type'], `${field}.type`);
  list(from['options'], `${field}.options`).forEach((item) => text(item, `${field}.options`));
  return from as unknown as CdiMount;
}

function hook(value: unknown, field: string): CdiHook {
  const from = object(value, field);
  if (!HOOKS.includes(text(from['hookName'], `${field}.hookName`)))
    invalid(`${field}.hookName`, `must be one of ${HOOKS.join(', ')}`);
  absolute(from['path'], `${field}.path`);
  for (const name of ['args', 'env'])
    list(from[name], `${field}.${name}`).forEach((item) => text(item, `${field}.${name}`));
  if (from['timeout'] !== undefined) number(from['timeout'], `${field}.timeout`);
  return from as unknown as CdiHook;
}

function object(value: unknown, field: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  return invalid(field, 'must be an object');
}

function list(value: unknown, field: string): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : invalid(field, 'must be a list');
}

function text(value: unknown, field: string): string {
  return typeof value === 'string' && value !== '' ? value : invalid(field, 'must be a text');
}

function absolute(value: unknown, field: string): string {
  const path = text(value, field);
  return path.startsWith('/') ? path : invalid(field, 'must be an absolute path');
}

function number(value: unknown, field: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : invalid(field, 'must be a number');
}

function invalid(field: string, why: string): never {
  throw new PeapodError('Invalid', `${field}: Invalid value: ${why}`);
}
