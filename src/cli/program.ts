/** The command line: what verbs there are and what each takes. A verb's code is loaded when it is called. */
import { Argument, Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { parseCount } from './parse-count.ts';
import type { RunOptions } from './run/run.ts';
import { type SettingFlags, type Settings, settingsFrom } from './settings.ts';

const OUTPUT = new Option('-o, --output <format>', 'print as json, yaml, wide or name');
const NAMESPACE = new Option('-n, --namespace <name>', 'namespace of the pod').default('default');

const SIMULATE_EXAMPLES = `
Examples:
  peapod simulate -f pod.yaml --nodes nodes.yaml                    where the pod goes
  peapod simulate -f pod.yaml --nodes nodes.yaml --why web          why, and what would help
  kubectl get nodes,pods -A -o json > dump.json
  peapod simulate --cluster dump.json --drain node-1 -o picture     where the pods of node-1 find room
  peapod simulate --cluster dump.json -f web.yaml --fit             how many more copies fit
  peapod simulate -f pod.yaml --nodes nodes.yaml --what-if node/node-2.status.allocatable.memory=4Gi
  peapod simulate -f pod.yaml --nodes nodes.yaml -o png > nodes.png`;

const GET_EXAMPLES = `
Without a server \`get pods\` lists the pods of \`run\`.

Examples:
  peapod get pods,deployments -A
  peapod get deploy/web -o yaml
  peapod get pods -l app=web -w`;

const COMPLETION_EXAMPLES = `
\`peapod system install\` sees to that. By hand:
  source <(peapod completion bash)
  peapod completion zsh > "\${fpath[1]}/_peapod"
  peapod completion fish > ~/.config/fish/completions/peapod.fish`;

export function buildProgram(): Command {
  const { program, settings } = bareProgram();
  addPodVerbs(program, settings);
  addSchedulingVerbs(program, settings);
  addServerVerbs(program, settings);
  addImageVerbs(program, settings);
  addSystemVerbs(program, settings);
  return program;
}

/** The same with no verb but this one, which is there already. */
export function buildRunProgram(run: RunVerb): Command {
  const { program, settings } = bareProgram();
  addRun(program, (options) => run(settings(), options));
  return program;
}

type RunVerb = typeof import('./run/run.ts')['run'];

function bareProgram(): { program: Command; settings: () => Settings } {
  const program = new Command('peapod')
    .description('The Kubernetes Pod without Kubernetes: runs pods on this machine.')
    .version(packageJson.version, '-V, --version')
    .option('--root <dir>', 'state that outlives a reboot (PEAPOD_ROOT; /var/lib/peapod)')
    .option('--run-root <dir>', 'state that does not (PEAPOD_RUN; /run/peapod)')
    .option('--images-dir <dir>', 'images, which several may share (PEAPOD_IMAGES_DIR; images in the root)')
    .option(
      '--cni-conf-dir <dir>',
      'network configurations to use instead of our own bridge (/etc/peapod/cni/net.d)',
    )
    .option('--node-name <name>', "this machine's name as a node (PEAPOD_NODE_NAME; its hostname)")
    .option(
      '--node-labels <labels>',
      'labels of this node, for nodeSelector: disk=ssd,zone=a (PEAPOD_NODE_LABELS)',
    )
    .option('--bridge <name>', 'name of our own bridge (PEAPOD_BRIDGE; peapod0)')
    .option('--subnet <cidr>', 'subnet of our own bridge (PEAPOD_SUBNET; 10.87.0.0/16)')
    .showHelpAfterError('(see peapod --help)')
    .configureHelp({ sortSubcommands: false });
  return { program, settings: () => settingsFrom(program.opts<SettingFlags>(), process.env) };
}

function addRun(program: Command, run: (options: RunOptions) => Promise<void>): void {
  program
    .command('run')
    .description('run the pods of a manifest and follow their logs')
    .requiredOption(
      '-f, --filename <file>',
      'manifest to run, - for standard input; may be repeated',
      collect,
    )
    .option('-d, --detach', 'leave them running in the background, and return when all have started')
    .option('--rm', 'remove the pods when they have ended')
    .option('--replace', 'remove pods with the same names first')
    .option('--no-logs', 'do not follow the logs')
    .option('--trace <file>', 'write the time of every step as Chrome trace JSON (PEAPOD_TRACE)')
    .action(run);
}

function addPodVerbs(program: Command, settings: () => Settings): void {
  program.commandsGroup('Pods:');
  addRun(program, async (options) => (await import('./run/run.ts')).run(settings(), options));
  program
    .command('ps')
    .description('list the pods')
    .argument('[pods...]')
    .option('-n, --namespace <name>', 'only this namespace')
    .option('-l, --selector <selector>', 'only pods with these labels')
    .addOption(OUTPUT)
    .action(async (names, options) => (await import('./commands/ps.ts')).ps(settings(), names, options));
  program
    .command('tree')
    .description(
      "show every pod as a process group: the infra container, and each container's processes (PID,PGID)",
    )
    .argument('[pods...]')
    .addOption(NAMESPACE)
    .option('-t, --threads', 'show threads too')
    .option('-w, --watch', 'go on, drawn anew every second')
    .addOption(OUTPUT)
    .action(async (names, options) => (await import('./commands/tree.ts')).tree(settings(), names, options));
  program
    .command('logs')
    .description("print a pod's logs")
    .argument('<pod>')
    .argument('[container]')
    .addOption(NAMESPACE)
    .option('-c, --container <name>', 'only this container')
    .option('-f, --follow', 'wait for more')
    .option('-p, --previous', 'of the instance before the last restart')
    .option('--tail <lines>', 'only so many lines from the end', parseCount)
    .option('--since <time>', 'only lines newer than a duration like 5m, or an RFC 3339 time')
    .option('--timestamps', 'put the time before each line')
    .action(async (pod, container, options) =>
      (await import('./commands/logs.ts')).logs(settings(), pod, container, options),
    );
  program
    .command('exec')
    .description('run a command in a container')
    .argument('<pod>')
    .argument('<command...>')
    .addOption(NAMESPACE)
    .option('-c, --container <name>', 'in this container instead of the first')
    .option('-i, --stdin', 'pass standard input on')
    .option('-t, --tty', 'with a terminal')
    .action(async (pod, command, options) =>
      (await import('./commands/exec.ts')).exec(settings(), pod, command, options),
    );
  program
    .command('debug')
    .description('add an ephemeral container to a running pod and join it')
    .argument('<pod>')
    .argument('[command...]')
    .addOption(NAMESPACE)
    .requiredOption('--image <image>', 'image of the ephemeral container')
    .option('-c, --container <name>', 'its name')
    .option('--target <container>', 'see the processes of this container')
    .option('-i, --stdin', 'pass standard input on')
    .option('-t, --tty', 'with a terminal')
    .action(async (pod, command, options) =>
      (await import('./commands/debug.ts')).debug(settings(), pod, command, options),
    );
  program
    .command('inspect')
    .description('print all that is known of a pod')
    .argument('<pods...>')
    .addOption(NAMESPACE)
    .addOption(OUTPUT)
    .action(async (names, options) =>
      (await import('./commands/inspect.ts')).inspect(settings(), names, options),
    );
  program
    .command('describe')
    .description('describe a pod with its events, as kubectl does')
    .argument('<pods...>')
    .addOption(NAMESPACE)
    .action(async (names, options) =>
      (await import('./commands/describe.ts')).describe(settings(), names, options),
    );
  program
    .command('stop')
    .description('stop pods: SIGTERM, then SIGKILL after the grace period; they stay until rm')
    .argument('[pods...]')
    .addOption(NAMESPACE)
    .option('-a, --all', 'all pods')
    .option('-t, --time <seconds>', 'grace period instead of the one of the pod', parseCount)
    .action(async (names, options) => (await import('./commands/stop.ts')).stop(settings(), names, options));
  program
    .command('rm')
    .description('remove pods with their volumes and logs')
    .argument('[pods...]')
    .addOption(NAMESPACE)
    .option('-a, --all', 'all pods')
    .option('-f, --force', 'running ones too, stopping them first')
    .option('-t, --time <seconds>', 'grace period instead of the one of the pod', parseCount)
    .action(async (names, options) => (await import('./commands/rm.ts')).rm(settings(), names, options));
  program
    .command('explain')
    .description('what a field of a manifest means, and whether peapod honours it: pod.spec.containers.image')
    .argument('<field>')
    .action(async (field) => (await import('./commands/explain.ts')).explain(field));
}

function addSchedulingVerbs(program: Command, settings: () => Settings): void {
  program.commandsGroup('Scheduling:');
  program
    .command('simulate')
    .description('where the scheduler would put pods, and why; changes nothing and needs no root')
    .option(
      '-f, --filename <file>',
      'pods, their controllers and PodGroups, or any other objects; - for standard input; may be repeated',
      collect,
      [],
    )
    .option(
      '--nodes <file>',
      'Nodes, and pods that are on them; may be repeated; else this machine',
      collect,
      [],
    )
    .option('--cluster <file>', 'what `kubectl get nodes,pods -A -o json` printed')
    .option('--kubeconfig <file>', 'ask kubectl for the nodes and pods of this cluster')
    .option('--config <file>', 'a KubeSchedulerConfiguration')
    .option(
      '--strategy <strategy>',
      'place each `pod` whole, or `container` by container as Swarm did',
      'pod',
    )
    .option('--why <pod>', 'explain what is decided about this pod; may be repeated', collect, [])
    .option('--fit', 'how many more copies of each pod fit, and what limits them')
    .option('--drain <node>', 'as after draining this node; may be repeated', collect, [])
    .option('--add-nodes <count>', 'as with so many more nodes', parseCount)
    .option('--node-template <node>', 'which node --add-nodes copies, instead of the largest')
    .option(
      '--what-if <change>',
      'as if a field were different: node/n.status.allocatable.memory=4Gi; or a file of patches; may be repeated',
      collect,
      [],
    )
    .option('--seed <number>', 'for choices among nodes that are equally good', parseCount, 1)
    .option('--exit-code', 'end with 1 when pods stay pending')
    .option('-o, --output <format>', 'print as json, yaml, picture (for the terminal), svg or png')
    .addHelpText('after', SIMULATE_EXAMPLES)
    .action(async (options) => (await import('./commands/simulate.ts')).simulate(settings(), options));
  program
    .command('why')
    .description('why a pod of this machine waits, and what would help')
    .argument('<pod>')
    .addOption(NAMESPACE)
    .option('-o, --output <format>', 'print as json or yaml')
    .addHelpText('after', '\nExample:\n  peapod why web')
    .action(async (pod, options) => (await import('./commands/why.ts')).why(settings(), pod, options));
}

function addServerVerbs(program: Command, settings: () => Settings): void {
  program.commandsGroup('Server:');
  program
    .command('serve')
    .description('the Kubernetes API with a scheduler and a node, in one process, for kubectl and its kin')
    .option('--config <file>', 'YAML with these options and the settings of the agent; flags win')
    .option('--data-dir <dir>', 'where everything is kept (/var/lib/peapod/cluster)')
    .option('--listen <address>', 'address and port of the API (127.0.0.1:6443)')
    .option(
      '--runtime-endpoint <socket>',
      'run the pods by another runtime, e.g. unix:///run/containerd/containerd.sock',
    )
    .option(
      '--manifests <dir>',
      'run the pods that the files in this folder describe, one each (static pods)',
    )
    .option('-d, --detach', 'serve in the background, and return when the node is ready')
    .option('--stop', 'end the server that runs; its pods run on')
    .addOption(
      new Option(
        '--ephemeral',
        'serve beside others from a fresh state until standard input ends, and then take all pods along and leave nothing',
      ).conflicts(['detach', 'stop', 'dataDir']),
    )
    .addOption(new Option('--as-told').hideHelp())
    .configureHelp({ showGlobalOptions: true })
    .action(async (options) =>
      (await import('./serve/serve-verb.ts')).serveVerb(program.opts<SettingFlags>(), options),
    );
  program
    .command('get')
    .description('list objects of the server, of any kind it has, as kubectl does')
    .argument('<kinds>', 'KIND[,KIND…] with names after it, KIND/NAME, or all')
    .argument('[names...]')
    .option('-n, --namespace <name>', 'namespace of the objects', 'default')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-l, --selector <selector>', 'only objects with these labels')
    .option('-w, --watch', 'go on with what changes')
    .addOption(OUTPUT)
    .addHelpText('after', GET_EXAMPLES)
    .action(async (kinds, names, options) =>
      (await import('./commands/get.ts')).get(settings(), kinds, names, options),
    );
  program
    .command('events')
    .description('what happened to pods and other objects, the latest last')
    .argument('[pod]', 'only of this pod')
    .option('-n, --namespace <name>', 'namespace of the events', 'default')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-w, --watch', 'go on with those to come')
    .action(async (pod, options) => (await import('./commands/events.ts')).events(settings(), pod, options));
  program
    .command('top')
    .description("processor time and memory that the server's pods or nodes use")
    .addArgument(
      new Argument('<what>', 'pods or nodes').choices(['pods', 'pod', 'po', 'nodes', 'node', 'no']),
    )
    .argument('[name]')
    .option('-n, --namespace <name>', 'namespace of the pods', 'default')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('-l, --selector <selector>', 'only those with these labels')
    .option('--containers', 'a line for each container of the pods')
    .addOption(
      new Option('--sort-by <resource>', 'who uses most of it first').choices(['cpu', 'memory'] as const),
    )
    .option('-w, --watch', 'go on, drawn anew every five seconds')
    .action(async (what, name, options) =>
      (await import('./commands/top.ts')).top(settings(), what, name, options),
    );
  program
    .command('cri')
    .description('the runtime for a kubelet or crictl: CRI v1 on a UNIX socket')
    .option('--listen <address>', 'where to serve: unix:///absolute/path.sock (unix:///run/peapod/cri.sock)')
    .action(async (options) => (await import('./cri/cri.ts')).cri(settings(), options));
  program
    .command('kubeconfig')
    .description("print the administrator's kubeconfig of `peapod serve`, or merge it into your own")
    .option('--data-dir <dir>', 'where the server keeps everything (/var/lib/peapod/cluster)')
    .option('--merge', 'add it to $KUBECONFIG or ~/.kube/config, and make it the current context')
    .option('--context <name>', 'name of the context, cluster and user', 'peapod')
    .action(async (options) => (await import('./serve/kubeconfig-verb.ts')).kubeconfig(settings(), options));
}

function addImageVerbs(program: Command, settings: () => Settings): void {
  program.commandsGroup('Images:');
  program
    .command('images')
    .description('list the images')
    .addOption(OUTPUT)
    .action(async (options) => (await import('./commands/images.ts')).images(settings(), options));
  program
    .command('pull')
    .description('pull images from their registries')
    .argument('<images...>')
    .action(async (references) => (await import('./commands/pull.ts')).pull(settings(), references));
  program
    .command('load')
    .description('load images from a docker-archive or an oci-archive')
    .option('-i, --input <file>', 'archive to read instead of standard input')
    .action(async (options) => (await import('./commands/load.ts')).load(settings(), options));
  program
    .command('import')
    .description('make an image of a root file system tar')
    .argument('<file>', 'tar to read, - for standard input')
    .argument('<image>', 'name of the image')
    .option(
      '-c, --change <instruction>',
      'CMD, ENTRYPOINT, ENV, USER, WORKDIR or LABEL as in a Dockerfile; may be repeated',
      collect,
      [],
    )
    .action(async (file, reference, options) =>
      (await import('./commands/import.ts')).importImage(settings(), file, reference, options),
    );
  program
    .command('rmi')
    .description('remove images')
    .argument('<images...>')
    .action(async (references) => (await import('./commands/rmi.ts')).rmi(settings(), references));
}

function addSystemVerbs(program: Command, settings: () => Settings): void {
  program.commandsGroup('System:');
  const system = program.command('system').description('about this machine');
  system
    .command('doctor')
    .description('what this host lacks to run pods, and the command that mends it')
    .option('--fix', 'mend what can be mended safely')
    .addOption(OUTPUT)
    .action(async (options) => (await import('./commands/doctor.ts')).doctor(settings(), options));
  system
    .command('install')
    .description('make `peapod serve` a service of systemd, started now and at every boot')
    .option('--config <file>', 'configuration of the server')
    .option('--data-dir <dir>', 'where the server keeps everything (/var/lib/peapod/cluster)')
    .option('--listen <address>', 'address and port of the API (127.0.0.1:6443)')
    .option('--uninstall', 'end the service and take it away; its pods run on')
    .option('--dry-run', 'only print what would be done')
    .action(async (options) =>
      (await import('./system/install.ts')).install(program, program.opts<SettingFlags>(), options),
    );
  program
    .command('completion')
    .description('print what makes a shell complete the names of verbs, options, pods, images and the like')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', COMPLETION_EXAMPLES)
    .action(async (shell) => (await import('./commands/completion.ts')).completion(shell));
  program
    .command('man')
    .description('print the man page: peapod man | man -l -')
    .action(async () => {
      const { manPage } = await import('./man/man-page.ts');
      process.stdout.write(manPage(program, packageJson.version));
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words) =>
      (await import('./completion/print-completions.ts')).printCompletions(program, words),
    );
  program
    .command('supervise', { hidden: true })
    .action(async () => (await import('./keeper/supervise.ts')).supervise(settings()));
}

function collect(value: string, values: string[] = []): string[] {
  return [...values, value];
}
