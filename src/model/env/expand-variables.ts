/**
 * `$(VAR)` in commands, arguments and values.
 * @see kubernetes/third_party/forked/golang/expansion/expand.go
 */

/**
 * Replaces `$(NAME)` by its value and `$$` by `$`. What names no variable, or is never closed, stays as it is.
 * @param lookup the value of a variable; nothing when it is not set
 */
export function expandVariables(text: string, lookup: (name: string) => string | undefined): string {
  let result = '';
  let rest = 0;
  for (let at = text.indexOf('$'); at >= 0 && at + 1 < text.length; at = text.indexOf('$', rest)) {
    result += text.slice(rest, at);
    const next = text[at + 1];
    const end = next === '(' ? text.indexOf(')', at + 2) : -1;
    if (end >= 0) {
      const name = text.slice(at + 2, end);
      result += lookup(name) ?? `$(${name})`;
      rest = end + 1;
      continue;
    }
    result += next === '$' ? '$' : `$${next}`;
    rest = at + 2;
  }
  return result + text.slice(rest);
}

/**
 * For `subPathExpr`, where a variable that is not set is an error.
 * @throws RangeError naming the variables that are not set
 */
export function expandVariablesStrictly(text: string, lookup: (name: string) => string | undefined): string {
  const missing: string[] = [];
  const result = expandVariables(text, (name) => {
    const value = lookup(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0)
    throw new RangeError(`missing value for ${missing.map((name) => `"${name}"`).join(', ')}`);
  return result;
}
