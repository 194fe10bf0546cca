import type { Pod } from '../../model/api/types.ts';
import type { DnsConfig } from '../../runtime/pod-runtime.ts';

/** What the C library's resolver takes, and the kubelet therefore gives. @see kubernetes/pkg/apis/core/validation */
const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

/**
 * The pod's resolver. Without a cluster's DNS server `ClusterFirst` is what the node has, as with the kubelet.
 * @param nodeResolvConf the text of the node's own file
 */
export function podDns(pod: Pod, nodeResolvConf: string): DnsConfig {
  const own = pod.spec?.dnsConfig ?? {};
  const base =
    pod.spec?.dnsPolicy === 'None'
      ? { servers: [], searches: [], options: [] }
      : parseResolvConf(nodeResolvConf);
  const options = new Map(base.options.map((option) => [option.split(':', 1)[0] ?? '', option]));
  for (const { name = '', value } of own.options ?? []) {
    options.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
  }
  return {
    servers: unique([...base.servers, ...(own.nameservers ?? [])]).slice(0, MAX_SERVERS),
    searches: fitting(unique([...base.searches, ...(own.searches ?? [])])),
    options: [...options.values()],
  };
}

/** As many search domains as a resolver takes, the first ones. */
function fitting(searches: readonly string[]): string[] {
  const fit = searches.slice(0, MAX_SEARCHES);
  while (fit.join(' ').length > MAX_SEARCH_CHARACTERS) fit.pop();
  return fit;
}

function parseResolvConf(text: string): DnsConfig {
  const dns: DnsConfig = { servers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) dns.servers.push(values[0]);
    else if (keyword === 'search' || keyword === 'domain') dns.searches = values;
    else if (keyword === 'options') dns.options.push(...values);
  }
  return dns;
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
