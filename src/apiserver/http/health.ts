/**
 * Whether the server lives and is ready, and its figures.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go
 */
import { StatusError } from '../errors/status-error.ts';
import type { PathHandlers } from './path-handlers.ts';
import { sendText } from './respond.ts';

export interface HealthCheck {
  readonly name: string;
  /** @throws when it is not well */
  readonly check: () => void | Promise<void>;
}

const ENDPOINTS = ['/healthz', '/livez', '/readyz'] as const;

/** `?verbose` lists every check; `?exclude=NAME` leaves one out; `/readyz/NAME` asks for one. */
export function addHealth(paths: PathHandlers, checks: readonly HealthCheck[]): void {
  const all: readonly HealthCheck[] = [{ name: 'ping', check: () => {} }, ...checks];
  for (const endpoint of ENDPOINTS) {
    const name = endpoint.slice(1);
    paths.below(endpoint, async (_request, response, { path, query }) => {
      const wanted = path.slice(endpoint.length + 1);
      const chosen = wanted === '' ? all : all.filter((one) => one.name === wanted);
      if (chosen.length === 0) throw new StatusError('NotFound', `no such check: ${wanted}`);
      const excluded = new Set(query.getAll('exclude'));
      const lines: string[] = [];
      let failed = 0;
      for (const { name: checkName, check } of chosen) {
        if (excluded.has(checkName)) {
          lines.push(`[+]${checkName} excluded: ok`);
          continue;
        }
        try {
          await check();
          lines.push(`[+]${checkName} ok`);
        } catch {
          failed += 1;
          lines.push(`[-]${checkName} failed: reason withheld`);
        }
      }
      if (failed > 0) return sendText(response, 500, `${lines.join('\n')}\n${name} check failed\n`);
      const isVerbose = query.has('verbose');
      sendText(response, 200, isVerbose ? `${lines.join('\n')}\n${name} check passed\n` : 'ok');
    });
  }
}
