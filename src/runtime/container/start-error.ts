/**
 * What the OCI runtime said when it could not make a container's process, in one form for crun and runc: the one that
 * users know from Kubernetes, with the command's name in it.
 * @param output its standard error: crun's plain lines, or runc's `time="…" level=error msg="…"`
 * @param command what was to run
 */
export function startErrorMessage(output: string, command: string): string {
  const said = plainText(output);
  const exec = `exec: ${JSON.stringify(command)}`;
  if (/executable file .*not found/.test(said)) {
    const isPath = command.includes('/');
    return failed(
      `${exec}: ${isPath ? `stat ${command}: no such file or directory` : 'executable file not found in $PATH'}`,
    );
  }
  const quoted = said.includes(`\`${command}\``) || said.includes(JSON.stringify(command));
  if (quoted && /no such file or directory/i.test(said))
    return failed(`${exec}: stat ${command}: no such file or directory`);
  if (/permission denied/i.test(said) && (quoted || /exec|open executable/.test(said)))
    return failed(`${exec}: permission denied`);
  if (/exec format error/i.test(said)) return failed(`${exec}: exec format error`);
  return failed(said === '' ? 'the OCI runtime ended without a word' : said);
}

function failed(reason: string): string {
  return `OCI runtime create failed: unable to start container process: ${reason}`;
}

function plainText(output: string): string {
  const errors = output
    .trim()
    .split('\n')
    .map((line) => {
      const message = /^time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
      return message === undefined ? line : (JSON.parse(message) as string);
    })
    .filter((line) => line !== '');
  return (
    (errors.at(-1) ?? '')
      .replace(/^runc create failed: (unable to start container process: )?/, '')
      // Not for a terminal to obey.
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 2000)
  );
}
