/** How a pod is called, and how it resolves names. */
import type { PodDNSConfig, PodSpec } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { checkDnsLabel, checkDnsSubdomain, checkIp } from './names.ts';
import { checkNoControlCharacters } from './paths.ts';

const POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_HOSTNAME_BYTES = 64;

export function validateDns(errors: FieldErrors, spec: PodSpec, field: string): void {
  for (const name of ['hostname', 'subdomain'] as const) {
    const value = spec[name];
    if (value) errors.invalidFor(`${field}.${name}`, value, checkDnsLabel(value));
  }
  const override = spec.hostnameOverride;
  if (override !== undefined) {
    errors.invalidFor(`${field}.hostnameOverride`, override, checkDnsSubdomain(override));
    if (override.length > MAX_HOSTNAME_BYTES) errors.tooLong(`${field}.hostnameOverride`, MAX_HOSTNAME_BYTES);
    if (spec.setHostnameAsFQDN === true) {
      errors.forbidden(`${field}.hostnameOverride`, 'may not be specified when `setHostnameAsFQDN` is true');
    }
    if (spec.hostNetwork === true) {
      errors.forbidden(`${field}.hostnameOverride`, 'may not be specified when `hostNetwork` is true');
    }
  }
  eachOf(spec.hostAliases, `${field}.hostAliases`, ({ ip, hostnames }, alias) => {
    errors.invalidFor(`${alias}.ip`, ip, checkIp(ip));
    eachOf(hostnames, `${alias}.hostnames`, (name, path) =>
      errors.invalidFor(path, name, checkDnsSubdomain(name)),
    );
  });
  validatePolicy(errors, spec, field);
  if (spec.dnsConfig !== undefined) validateConfig(errors, spec.dnsConfig, `${field}.dnsConfig`);
}

function validatePolicy(errors: FieldErrors, spec: PodSpec, field: string): void {
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === '') errors.required(`${field}.dnsPolicy`);
  else if (!POLICIES.includes(policy)) errors.notSupported(`${field}.dnsPolicy`, policy, POLICIES);
  if (policy !== 'None') return;
  if (spec.dnsConfig === undefined) {
    errors.required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None');
  } else if ((spec.dnsConfig.nameservers ?? []).length === 0) {
    errors.required(
      `${field}.dnsConfig.nameservers`,
      'must provide at least one DNS nameserver when `dnsPolicy` is None',
    );
  }
}

function validateConfig(errors: FieldErrors, config: PodDNSConfig, field: string): void {
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.invalid(
      `${field}.nameservers`,
      nameservers,
      `must not have more than ${MAX_NAMESERVERS} nameservers`,
    );
  }
  for (const [index, address] of nameservers.entries()) {
    errors.invalidFor(`${field}.nameservers[${index}]`, address, checkIp(address));
  }
  if (searches.length > MAX_SEARCHES) {
    errors.invalid(`${field}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`);
  }
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS) {
    errors.invalid(
      `${field}.searches`,
      searches,
      `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
    );
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue;
    // A name may be absolute, and have the underscores that service records have.
    const plain = search
      .replace(/\.$/, '')
      .replaceAll('_', '-')
      .replace(/(^|\.)-/g, '$1a');
    if (checkDnsSubdomain(plain).length > 0) {
      errors.invalidFor(`${field}.searches[${index}]`, search, checkDnsSubdomain(plain));
    }
  }
  eachOf(options, `${field}.options`, (option, path) => {
    if (!option.name) errors.required(`${path}.name`, 'must not be empty');
    checkNoControlCharacters(errors, option.name ?? '', `${path}.name`);
    checkNoControlCharacters(errors, option.value ?? '', `${path}.value`);
  });
}
