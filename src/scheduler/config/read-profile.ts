/** One profile: which plugins are on at which point, and what they weigh. */
import type { FieldErrors } from '../../model/field-error.ts';
import { PeapodError } from '../../model/errors.ts';
import type { SchedulerPlugin } from '../engine/plugin.ts';
import {
  DEFAULT_SCHEDULER_NAME,
  DEFAULT_WEIGHTS,
  defaultPlugins,
  MAX_WEIGHT,
  type Profile,
} from '../engine/profile.ts';
import { PLUGINS_WITH_ARGUMENTS } from './plugin-arguments.ts';
import { readList, readObject, readString, readWhole } from './strict-fields.ts';

/** Points at which all of our plugins do the same, or nothing. */
const OTHER_POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'postFilter',
  'preScore',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
];

/** Part of every profile, though they are no plugins of ours. */
const BUILT_IN = [
  'SchedulingGates',
  'PrioritySort',
  'DefaultPreemption',
  'DefaultBinder',
  'DynamicResources',
];

interface PluginChoice {
  readonly name: string;
  readonly weight: number | undefined;
}

interface PointChoice {
  readonly enabled: readonly PluginChoice[];
  readonly disabled: ReadonlySet<string>;
}

export function readProfile(
  value: unknown,
  field: string,
  others: readonly SchedulerPlugin[],
  errors: FieldErrors,
): Profile | undefined {
  const before = errors.list.length;
  const known = ['schedulerName', 'plugins', 'pluginConfig', 'percentageOfNodesToScore'];
  const fields = readObject(value, field, known, errors);
  const plugins = configured(fields['pluginConfig'], `${field}.pluginConfig`, others, errors);
  const names = [...plugins.keys(), ...BUILT_IN];
  const at = `${field}.plugins`;
  const points = readObject(
    fields['plugins'],
    at,
    ['multiPoint', 'filter', 'score', ...OTHER_POINTS],
    errors,
  );
  const read = (point: string): PointChoice => readPoint(points[point], `${at}.${point}`, names, errors);
  const [everywhere, filter, score] = [read('multiPoint'), read('filter'), read('score')];
  for (const point of OTHER_POINTS) readOtherPoint(points[point], `${at}.${point}`, names, errors);
  const schedulerName = readString(fields['schedulerName'], `${field}.schedulerName`, errors);
  if (errors.list.length > before) return undefined;
  const defaults = defaultPlugins().map(({ name }) => ({ name, weight: DEFAULT_WEIGHTS.get(name) }));
  const base = choose(defaults, everywhere);
  return {
    schedulerName: schedulerName ?? DEFAULT_SCHEDULER_NAME,
    filters: choose(base, filter).flatMap(({ name }) => {
      const plugin = plugins.get(name);
      return plugin && 'filter' in plugin ? [plugin] : [];
    }),
    scorers: choose(base, score).flatMap(({ name, weight = 1 }) => {
      const plugin = plugins.get(name);
      return plugin && 'score' in plugin ? [{ plugin, weight }] : [];
    }),
  };
}

/** Every plugin there is, by name, with its arguments. */
function configured(
  value: unknown,
  field: string,
  others: readonly SchedulerPlugin[],
  errors: FieldErrors,
): Map<string, SchedulerPlugin> {
  const plugins = new Map([...defaultPlugins(), ...others].map((plugin) => [plugin.name, plugin]));
  const seen = new Set<string>();
  for (const [index, item] of readList(value, field, errors).entries()) {
    const at = `${field}[${index}]`;
    const { name, args } = readObject(item, at, ['name', 'args'], errors);
    const make = typeof name === 'string' ? PLUGINS_WITH_ARGUMENTS.get(name) : undefined;
    if (typeof name !== 'string' || make === undefined) {
      errors.notSupported(`${at}.name`, name, [...PLUGINS_WITH_ARGUMENTS.keys()]);
      continue;
    }
    if (seen.has(name)) errors.duplicate(`${at}.name`, name);
    seen.add(name);
    const plugin = tryMake(() => make(args, `${at}.args`, errors), `${at}.args`, errors);
    if (plugin !== undefined) plugins.set(name, plugin);
  }
  return plugins;
}

/** A plugin names the fields of its own arguments. */
function tryMake(
  make: () => SchedulerPlugin | undefined,
  field: string,
  errors: FieldErrors,
): SchedulerPlugin | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PeapodError)) throw error;
    errors.forbidden(field, error.message);
    return undefined;
  }
}

function readPoint(
  value: unknown,
  field: string,
  names: readonly string[],
  errors: FieldErrors,
): PointChoice {
  const point = readObject(value, field, ['enabled', 'disabled'], errors);
  const read = (list: 'enabled' | 'disabled', allowed: readonly string[]): PluginChoice[] =>
    readList(point[list], `${field}.${list}`, errors).map((item, index) => {
      const at = `${field}.${list}[${index}]`;
      const fields = readObject(item, at, ['name', 'weight'], errors);
      const name = readString(fields['name'], `${at}.name`, errors) ?? '';
      if (!allowed.includes(name)) errors.notSupported(`${at}.name`, name, allowed);
      const weight = readWhole(fields['weight'], `${at}.weight`, [0, MAX_WEIGHT], errors);
      return { name, weight: weight === 0 ? undefined : weight };
    });
  const enabled = read('enabled', names);
  for (const [index, { name }] of enabled.entries()) {
    if (enabled.findIndex((other) => other.name === name) < index) {
      errors.duplicate(`${field}.enabled[${index}].name`, name);
    }
  }
  const disabled = new Set(read('disabled', [...names, '*']).map(({ name }) => name));
  return { enabled, disabled };
}

/** These do what they do in every profile: turning one off, or another on, would be without effect. */
function readOtherPoint(value: unknown, field: string, names: readonly string[], errors: FieldErrors): void {
  const { enabled, disabled } = readPoint(value, field, names, errors);
  if (enabled.length > 0 || disabled.size > 0) {
    errors.forbidden(field, 'plugins can be turned on and off at multiPoint, filter and score only');
  }
}

/** What is enabled comes after what stays of the defaults; a plugin enabled again takes the new weight. */
function choose(base: readonly PluginChoice[], { enabled, disabled }: PointChoice): PluginChoice[] {
  const kept = disabled.has('*') ? [] : base.filter(({ name }) => !disabled.has(name));
  const again = new Map(enabled.map((choice) => [choice.name, choice]));
  const merged = kept.map((choice) => ({
    name: choice.name,
    weight: again.get(choice.name)?.weight ?? choice.weight,
  }));
  const added = enabled
    .filter(({ name }) => !kept.some((choice) => choice.name === name))
    .map(({ name, weight }) => ({ name, weight: weight ?? DEFAULT_WEIGHTS.get(name) }));
  return [...merged, ...added];
}
