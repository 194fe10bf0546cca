/**
 * What names and values may look like. Each function tells what is wrong, in Kubernetes' words; nothing: it is fine.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
 */

const LABEL_FORMAT = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_FORMAT = `${LABEL_FORMAT}(\\.${LABEL_FORMAT})*`;
const QUALIFIED_FORMAT = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE_FORMAT = `(${QUALIFIED_FORMAT})?`;
const CONFIG_KEY_FORMAT = '[-._a-zA-Z0-9]+';
const HEADER_FORMAT = '[-A-Za-z0-9]+';
const SYSCTL_FORMAT = '^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([\\./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$';

const SUBDOMAIN_MAX_BYTES = 253;
const LABEL_MAX_BYTES = 63;
const PORT_NAME_MAX_BYTES = 15;

const QUALIFIED_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_EXAMPLES = ['my-name', '123-abc'];
const SUBDOMAIN_EXAMPLES = ['example.com'];
const VALUE_EXAMPLES = ['MyValue', 'my_value', '12345'];
const QUALIFIED_EXAMPLES = ['MyName', 'my.name', '123-abc'];

/** Most names are fine: an empty list for each would be most of what checking them costs. */
const FINE: readonly string[] = [];

function tooLong(value: string, maxBytes: number): readonly string[] {
  // No character takes more than three bytes for its place in a string.
  if (value.length * 3 <= maxBytes) return FINE;
  return Buffer.byteLength(value) > maxBytes ? [`must be no more than ${maxBytes} bytes`] : FINE;
}

function both(problems: readonly string[], more: readonly string[]): readonly string[] {
  if (problems.length === 0) return more;
  return more.length === 0 ? problems : [...problems, ...more];
}

/** A format is one of the constants above: there are few. */
const patterns = new Map<string, RegExp>();

function matches(value: string, format: string): boolean {
  let pattern = patterns.get(format);
  if (pattern === undefined) patterns.set(format, (pattern = new RegExp(`^(?:${format})$`)));
  return pattern.test(value) && !value.endsWith('\n');
}

function mismatch(
  value: string,
  format: string,
  message: string,
  examples: readonly string[],
): readonly string[] {
  if (matches(value, format)) return FINE;
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return [`${message} (e.g. ${list}regex used for validation is '${format}')`];
}

export function checkDnsLabel(value: string): readonly string[] {
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return both(tooLong(value, LABEL_MAX_BYTES), mismatch(value, LABEL_FORMAT, message, LABEL_EXAMPLES));
}

export function checkDnsSubdomain(value: string): readonly string[] {
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return both(
    tooLong(value, SUBDOMAIN_MAX_BYTES),
    mismatch(value, SUBDOMAIN_FORMAT, message, SUBDOMAIN_EXAMPLES),
  );
}

/** Most are among few: keys of labels and tolerations, resources. */
const qualified = new Set<string>();
const MAX_QUALIFIED = 1000;

/** `[prefix/]name`, as keys of labels are. */
export function checkQualifiedName(value: string): readonly string[] {
  if (qualified.has(value)) return FINE;
  const problems = qualifiedNameProblems(value);
  if (problems.length === 0) {
    if (qualified.size >= MAX_QUALIFIED) qualified.clear();
    qualified.add(value);
  }
  return problems;
}

function qualifiedNameProblems(value: string): string[] {
  const parts = value.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2) {
    const [shape = ''] = mismatch(
      '/',
      QUALIFIED_FORMAT,
      `a qualified name ${QUALIFIED_MESSAGE}`,
      QUALIFIED_EXAMPLES,
    );
    return [`${shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const problems: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    const found = prefix === '' ? ['must be non-empty'] : checkDnsSubdomain(prefix);
    problems.push(...found.map((problem) => `prefix part ${problem}`));
  }
  const found = [
    ...(name === '' ? ['must be non-empty'] : tooLong(name, LABEL_MAX_BYTES)),
    ...mismatch(name, QUALIFIED_FORMAT, QUALIFIED_MESSAGE, QUALIFIED_EXAMPLES),
  ];
  return [...problems, ...found.map((problem) => `name part ${problem}`)];
}

export function checkLabelValue(value: string): readonly string[] {
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return both(tooLong(value, LABEL_MAX_BYTES), mismatch(value, LABEL_VALUE_FORMAT, message, VALUE_EXAMPLES));
}

export function checkEnvVarName(value: string): readonly string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]+$/.test(value) && !value.endsWith('\n')) return FINE;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The keys of ConfigMaps and Secrets, which become names of files. */
export function checkConfigKey(value: string): string[] {
  const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  const problems = [
    ...tooLong(value, SUBDOMAIN_MAX_BYTES),
    ...mismatch(value, CONFIG_KEY_FORMAT, message, ['key.name', 'KEY_NAME', 'key-name']),
  ];
  if (value === '.' || value === '..') problems.push(`must not be '${value}'`);
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

export function checkPortName(value: string): string[] {
  const problems = [...tooLong(value, PORT_NAME_MAX_BYTES)];
  if (!/^[-a-z0-9]+$/.test(value) || value.endsWith('\n')) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function checkHttpHeaderName(value: string): readonly string[] {
  const message = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return mismatch(value, HEADER_FORMAT, message, ['X-Header-Name']);
}

export function checkSysctlName(value: string): string[] {
  const fine =
    Buffer.byteLength(value) <= SUBDOMAIN_MAX_BYTES &&
    new RegExp(SYSCTL_FORMAT).test(value) &&
    !value.endsWith('\n');
  return fine ? [] : [`must have at most ${SUBDOMAIN_MAX_BYTES} characters and match regex ${SYSCTL_FORMAT}`];
}

export function checkIp(value: string): string[] {
  return isIp(value) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
}

/** Whether `value` is an IPv4 or IPv6 address without a zone. */
export function isIp(value: string): boolean {
  return isIpv4(value) || isIpv6(value);
}

function isIpv4(value: string): boolean {
  const parts = value.split('.');
  return (
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

function isIpv6(value: string): boolean {
  const halves = value.split('::');
  if (halves.length > 2 || !/^[0-9a-fA-F:.]+$/.test(value) || value.endsWith('\n')) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const mapped = last.includes('.');
  if (mapped && !isIpv4(last)) return false;
  const plain = mapped ? groups.slice(0, -1) : groups;
  const count = plain.length + (mapped ? 2 : 0);
  if (!plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? count <= 7 : count === 8;
}
