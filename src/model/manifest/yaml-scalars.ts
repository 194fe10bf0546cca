/**
 * Plain scalars as Kubernetes' YAML reader takes them: YAML 1.2's core schema with the parts of YAML 1.1 that
 * manifests rely on (`0644` is octal, `yes` is true), and without those that it lacks (no base 60, no dates).
 */
import type { ScalarTag, Tags } from 'yaml';

const yesNo: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|on)$/i.test(text),
};

const oldOctal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT',
  test: /^[-+]?0[0-7_]+$/,
  resolve: (text) => withSign(text, (digits) => Number.parseInt(digits, 8)),
};

const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'BIN',
  test: /^[-+]?0b[01_]+$/,
  resolve: (text) => withSign(text, (digits) => Number.parseInt(digits.slice(2), 2)),
};

const underscored: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?[1-9][0-9]*_[0-9_]*$/,
  resolve: (text) => withSign(text, Number),
};

function withSign(text: string, read: (digits: string) => number): number {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  return text.startsWith('-') ? -read(digits) : read(digits);
}

export function kubernetesTags(core: Tags): Tags {
  return [yesNo, oldOctal, binary, underscored, ...core];
}
