/** The file of `peapod serve --config`. */
import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { PeapodError } from '../../../model/errors.ts';
import { didYouMean } from '../../../model/manifest/nearest-name.ts';
import { AMOUNTS, GRACE_PERIODS } from './eviction-fields.ts';
import { RESERVED } from './reserved-field.ts';
import { DURATION, type Field, LABELS, SIZE, TEXT, TEXTS, wholeNumber } from './fields.ts';

/** Of the agent, under the kubelet's names. */
const AGENT_FIELDS = {
  maxPods: wholeNumber(1, 10_000),
  imageGCHighThresholdPercent: wholeNumber(0, 100),
  imageGCLowThresholdPercent: wholeNumber(0, 100),
  imageMinimumGCAge: DURATION,
  containerLogMaxSize: SIZE,
  containerLogMaxFiles: wholeNumber(2, 1000),
  evictionHard: AMOUNTS,
  evictionSoft: AMOUNTS,
  evictionSoftGracePeriod: GRACE_PERIODS,
  evictionMinimumReclaim: AMOUNTS,
  evictionPressureTransitionPeriod: DURATION,
  evictionMaxPodGracePeriod: wholeNumber(0, 1_000_000),
  kubeReserved: RESERVED,
  systemReserved: RESERVED,
  /** Ours: how many sandboxes are made ahead. */
  spareSandboxes: wholeNumber(0, 100),
  spareContainers: wholeNumber(0, 100),
};

/** Of the controllers, under kube-controller-manager's names. */
const CONTROLLER_FIELDS = {
  nodeMonitorPeriod: DURATION,
  nodeMonitorGracePeriod: DURATION,
  terminatedPodGCThreshold: wholeNumber(0, 1_000_000_000),
};

const FIELDS = {
  dataDir: TEXT,
  listen: TEXT,
  runtimeEndpoint: TEXT,
  manifests: TEXT,
  root: TEXT,
  runRoot: TEXT,
  imagesDir: TEXT,
  nodeName: TEXT,
  nodeLabels: LABELS,
  cniConfDir: TEXT,
  cniBinDirs: TEXTS,
  bridge: TEXT,
  subnet: TEXT,
};

type Read<Fields> = { -readonly [Name in keyof Fields]?: Fields[Name] extends Field<infer T> ? T : never };

/** Every option of `peapod serve`, and the settings of agent and controllers; durations in milliseconds, sizes in bytes. */
export type ConfigFile = Read<typeof FIELDS> & {
  agent?: Read<typeof AGENT_FIELDS>;
  controllers?: Read<typeof CONTROLLER_FIELDS>;
};

/** @throws PeapodError Invalid with a line for each problem, naming the field; NotFound */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PeapodError(
      missing ? 'NotFound' : 'Invalid',
      `cannot read ${path}: ${missing ? 'no such file' : (cause as Error).message}`,
      { cause },
    );
  }
  return parseConfig(text, path);
}

/** @param source named in messages */
export function parseConfig(text: string, source: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: string[] = [];
  const complain = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push(`${source}:${Math.max(line, 1)}:${Math.max(col, 1)}: ${message}`);
  };
  for (const { pos, message } of [...document.errors, ...document.warnings]) complain(pos[0], message);
  const config: ConfigFile = {};
  const root = document.contents;
  if (problems.length === 0 && root !== null && !(isScalar(root) && root.value === null)) {
    if (!isMap(root)) complain(0, 'must be a map of fields');
    else {
      Object.assign(config, readFields(root, { ...FIELDS, ...SECTIONS }, '', complain));
      config.agent = readSection(root, 'agent', AGENT_FIELDS, complain);
      config.controllers = readSection(root, 'controllers', CONTROLLER_FIELDS, complain);
    }
  }
  checkThresholds(config, complain);
  for (const signal of Object.keys(config.agent?.evictionSoft ?? {}))
    if (config.agent?.evictionSoftGracePeriod?.[signal] === undefined)
      complain(0, `agent.evictionSoftGracePeriod[${signal}]: Required value: evictionSoft has ${signal}`);
  if (problems.length > 0) throw new PeapodError('Invalid', problems.join('\n'));
  return config;
}

/** They are read apart. */
const SECTIONS = { agent: undefined, controllers: undefined };

function readSection<Fields extends Record<string, Field<unknown>>>(
  root: YAMLMap,
  name: keyof typeof SECTIONS,
  fields: Fields,
  complain: Complain,
): Read<Fields> {
  const section = root.get(name, true) as unknown;
  if (isMap(section)) return readFields(section, fields, `${name}.`, complain);
  if (section !== undefined && !(isScalar(section) && section.value === null))
    complain(0, `${name}: must be a map of fields`);
  return {};
}

type Complain = (offset: number, message: string) => void;

/** @param fields those that are `undefined` are known, and read elsewhere */
function readFields<Fields extends Record<string, Field<unknown> | undefined>>(
  map: YAMLMap,
  fields: Fields,
  prefix: string,
  complain: Complain,
): Read<Fields> {
  const found: Record<string, unknown> = {};
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    if (!Object.hasOwn(fields, name)) {
      complain(offset, `unknown field "${prefix}${name}"${didYouMean(name, Object.keys(fields))}`);
      continue;
    }
    const field = fields[name];
    if (field === undefined) continue;
    const plain = (value as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null;
    const read = field.read(plain);
    if (read === undefined)
      complain(
        offset,
        `${prefix}${name}: Invalid value: ${JSON.stringify(plain)}: must be ${field.expected}`,
      );
    else found[name] = read;
  }
  return found as Read<Fields>;
}

function checkThresholds({ agent = {}, controllers = {} }: ConfigFile, complain: Complain): void {
  const { nodeMonitorPeriod: period = 5000, nodeMonitorGracePeriod: grace = 40_000 } = controllers;
  if (period <= 0 || grace <= period) {
    complain(
      0,
      `controllers.nodeMonitorGracePeriod: Invalid value: ${grace / 1000}s: must be greater than nodeMonitorPeriod (${period / 1000}s), and that greater than 0`,
    );
  }
  const { imageGCHighThresholdPercent: high = 85, imageGCLowThresholdPercent: low = 80 } = agent;
  if (low >= high) {
    complain(
      0,
      `agent.imageGCLowThresholdPercent: Invalid value: ${low}: must be less than imageGCHighThresholdPercent (${high})`,
    );
  }
}
