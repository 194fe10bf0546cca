/** Which streams a client asks for. */
export interface CommandStreamOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** Reads `stdin`, `stdout`, `stderr` and `tty` as the API spells them, or `input`, `output`, `error` and `tty` as the kubelet does. */
export function readCommandOptions(query: URLSearchParams): CommandStreamOptions {
  const tty = isTrue(query.get('tty'));
  return {
    stdin: isTrue(query.get('stdin') ?? query.get('input')),
    stdout: isTrue(query.get('stdout') ?? query.get('output')),
    // A terminal has one output only.
    stderr: !tty && isTrue(query.get('stderr') ?? query.get('error')),
    tty,
  };
}

/** As Kubernetes reads a boolean of a query: anything but an explicit no. */
function isTrue(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}
