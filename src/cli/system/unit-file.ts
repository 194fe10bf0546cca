export interface UnitOptions {
  /** The program with its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A systemd service. Ending or restarting it ends the server alone: containers and what supervises them live in its cgroup or in those
 * that it was given, and are nobody's to kill but the server's.
 * @see systemd.service(5), systemd.kill(5)
 */
export function unitFile({ command, environment }: UnitOptions): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoted(`${name}=${value}`, false)}\n`,
  );
  return `[Unit]
Description=peapod: the Kubernetes Pod without Kubernetes
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
ExecStart=${command.map((word) => quoted(word, true)).join(' ')}
${variables.join('')}KillMode=process
Delegate=yes
Restart=always
RestartSec=1
TimeoutStartSec=2min
OOMScoreAdjust=-999
LimitNOFILE=1048576
LimitNPROC=infinity
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`;
}

/** A word as systemd reads it: specifiers, variables and quotes mean nothing in it. @see systemd.syntax(7) */
function quoted(word: string, isCommand: boolean): string {
  const text = word.replaceAll('%', '%%').replaceAll('$', isCommand ? '$$$$' : '$');
  if (/^[\w@%+=:,./$-]+$/.test(text)) return text;
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}
