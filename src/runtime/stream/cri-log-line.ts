/** One line of a container's log file: `2026-01-02T15:04:05.123456789+00:00 stdout F text`. `P` marks a piece that the next line of its stream goes on with. */
export interface CriLogLine {
  /** RFC 3339 with nanoseconds, as it was written. */
  timestamp: string;
  stream: 'stdout' | 'stderr';
  partial: boolean;
  text: Buffer;
}

const SPACE = 0x20;

/**
 * @param line without its newline
 * @returns nothing when it is not in the CRI's form
 * @see https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
export function parseCriLogLine(line: Buffer): CriLogLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  if (first <= 0 || second < 0) return undefined;
  const stream = line.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const third = line.indexOf(SPACE, second + 1);
  const tags = line.toString('latin1', second + 1, third < 0 ? line.length : third).split(':');
  const tag = tags[0];
  if (tag !== 'P' && tag !== 'F') return undefined;
  return {
    timestamp: line.toString('latin1', 0, first),
    stream,
    partial: tag === 'P',
    text: third < 0 ? line.subarray(line.length) : line.subarray(third + 1),
  };
}
