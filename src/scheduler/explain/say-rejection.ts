/** A rejection in words, with its numbers. */
import type { Rejection, RejectionDetail } from '../engine/decision.ts';
import { formatAmount } from './format-amount.ts';

/** One sentence for each fact; the plugin's own words where there is no more to tell. */
export function sayRejection({ reasons, details }: Rejection): string[] {
  const said = details.map(sayDetail).filter((text) => text !== '');
  return said.length > 0 ? said : [...reasons];
}

function sayDetail(detail: RejectionDetail): string {
  switch (detail.kind) {
    case 'resource': {
      const { resource, needed, free, allocatable } = detail;
      const amount = (value: number): string => formatAmount(resource, value);
      if (resource === 'pods') return `all ${allocatable} pods that it may have are there`;
      if (allocatable === 0) return `needs ${amount(needed)} ${resource}, has none`;
      const rest = Math.max(0, free);
      return `needs ${amount(needed)} ${resource}, ${amount(rest)} free of ${amount(allocatable)}`;
    }
    case 'taint': {
      const { key, value, effect } = detail;
      return `taint ${key}${value === '' ? '' : `=${value}`}:${effect} is not tolerated`;
    }
    case 'ports':
      return `host port ${detail.ports.join(', ')} taken`;
    case 'affinity': {
      const { topologyKey, domain } = detail;
      return domain === undefined ? `no label ${topologyKey}` : '';
    }
    case 'spread': {
      const { topologyKey, domain, count, least, maxSkew } = detail;
      if (domain === undefined) return `no label ${topologyKey}`;
      return `${topologyKey}=${domain} would have ${count} such pods, another ${least}: more than ${maxSkew} apart`;
    }
    case 'claim':
      return '';
    case 'note':
      return detail.text;
  }
}
