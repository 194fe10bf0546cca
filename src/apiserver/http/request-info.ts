/**
 * What a request is about, from its method and path.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
 */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** `get`, `list`, `watch`, `create`, … for resources; else the method in lower case. */
  readonly verb: string;
  readonly resource: ResourceInfo | undefined;
}

export interface ResourceInfo {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty: the kind has none, or all of them. */
  readonly namespace: string;
  /** Empty: the collection. */
  readonly name: string;
  readonly subresource: string;
  /** What comes after the subresource, for proxies: begins with `/` or is empty. */
  readonly rest: string;
}

/** Subresources of namespaces; `/namespaces/NAME/pods` is no subresource but the pods of a namespace. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

const VERBS: Partial<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Nobody changes a query. */
const NO_QUERY = new URLSearchParams();

/** What is made goes to few collections, again and again. */
const creates = new Map<string, RequestInfo>();
const MAX_CREATES = 100;
const MAX_URL_LENGTH = 300;

/** @returns what is not to be changed @throws URIError when the path is no valid URL */
export function readRequestInfo(method: string, url: string): RequestInfo {
  if (method !== 'POST' || url.length > MAX_URL_LENGTH) return readAnew(method, url);
  let info = creates.get(url);
  if (info !== undefined) return info;
  info = readAnew(method, url);
  if (creates.size >= MAX_CREATES) creates.clear();
  creates.set(url, info);
  return info;
}

function readAnew(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  const rawPath = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1));
  const segments = segmentsOf(rawPath);
  const resource = readResource(segments);
  const path = `/${(rawPath.includes('%') ? segments.map(decodeURIComponent) : segments).join('/')}`;
  if (resource === undefined) return { path, query, verb: method.toLowerCase(), resource };
  return { path, query, verb: verbOf(method, query, resource), resource };
}

/** Those that are not empty. */
function segmentsOf(rawPath: string): string[] {
  const segments: string[] = [];
  for (let begin = 0; begin < rawPath.length; ) {
    const slash = rawPath.indexOf('/', begin);
    const end = slash === -1 ? rawPath.length : slash;
    if (end > begin) segments.push(rawPath.slice(begin, end));
    begin = end + 1;
  }
  return segments;
}

function readResource(segments: readonly string[]): ResourceInfo | undefined {
  const [prefix, ...rest] = segments;
  if (prefix === 'api' && rest.length >= 2) return inVersion('', rest[0] ?? '', rest.slice(1));
  if (prefix === 'apis' && rest.length >= 3) return inVersion(rest[0] ?? '', rest[1] ?? '', rest.slice(2));
  return undefined;
}

function inVersion(group: string, version: string, segments: readonly string[]): ResourceInfo {
  const isNamespaced =
    segments[0] === 'namespaces' && segments.length > 2 && !NAMESPACE_SUBRESOURCES.has(segments[2] ?? '');
  const namespace = isNamespaced ? decodeURIComponent(segments[1] ?? '') : '';
  const [resource = '', name = '', subresource = '', ...rest] = isNamespaced ? segments.slice(2) : segments;
  return {
    group,
    version,
    resource: decodeURIComponent(resource),
    namespace,
    name: decodeURIComponent(name),
    subresource: decodeURIComponent(subresource),
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
  };
}

function verbOf(method: string, query: URLSearchParams, { name, subresource }: ResourceInfo): string {
  const verb = VERBS[method] ?? method.toLowerCase();
  const isCollection = name === '' && subresource === '';
  if (verb === 'get' && (isCollection || isTrue(query.get('watch')))) {
    if (isTrue(query.get('watch'))) return 'watch';
    return 'list';
  }
  return verb === 'delete' && isCollection ? 'deletecollection' : verb;
}

export function isTrue(value: string | null): boolean {
  return value === '1' || value === 'true';
}
