/** What a registry wants to see, from its `WWW-Authenticate` header. */
export type Challenge =
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service: string | undefined; scope: string | undefined };

/**
 * The first challenge that we can meet; bearer before basic, as Docker does.
 * @see RFC 9110, section 11.6.1
 */
export function readChallenge(headers: readonly string[]): Challenge | undefined {
  const challenges = headers.flatMap(readChallenges);
  return challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges[0];
}

function readChallenges(header: string): Challenge[] {
  const found: Challenge[] = [];
  const starts = [...header.matchAll(/(?:^|,)\s*(Bearer|Basic)(?=\s|$)/gi)];
  for (const [index, start] of starts.entries()) {
    const parameters = readParameters(header.slice(start.index + start[0].length, starts[index + 1]?.index));
    const realm = parameters.get('realm');
    if (start[1]?.toLowerCase() === 'basic') found.push({ scheme: 'basic' });
    else if (realm !== undefined) {
      found.push({
        scheme: 'bearer',
        realm,
        service: parameters.get('service'),
        scope: parameters.get('scope'),
      });
    }
  }
  return found;
}

function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const match of text.matchAll(/([a-zA-Z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    const value = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '';
    parameters.set((match[1] ?? '').toLowerCase(), value);
  }
  return parameters;
}
