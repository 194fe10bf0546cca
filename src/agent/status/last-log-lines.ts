/** `2026-01-01T00:00:00.000000000Z stdout F text`: `P` tells that the line goes on in the next record. */
const RECORD = /^\S+ (?:stdout|stderr) ([PF])(?::\S+)? ?(.*)$/s;

/**
 * The end of a container's log, without what the runtime adds to each line.
 * @param log the last part of the file; its first line may be cut
 * @param maxBytes of the result; @param maxLines of the result
 */
export function lastLogLines(log: string, maxBytes: number, maxLines: number): string {
  let text = '';
  for (const line of log.split('\n')) {
    const record = RECORD.exec(line);
    if (record !== null) text += record[1] === 'F' ? `${record[2]}\n` : record[2];
  }
  const lines = text.split('\n');
  const last = lines.slice(-(maxLines + (text.endsWith('\n') ? 1 : 0))).join('\n');
  const bytes = Buffer.from(last);
  return bytes.length <= maxBytes ? last : bytes.subarray(-maxBytes).toString();
}
