/** peapod(1), written from the program itself. @see man(7), groff_man(7) */
import type { Command, Option } from 'commander';

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['PEAPOD_NODE', 'the Node.js that runs peapod, 24 or later'],
  ['PEAPOD_CNI_CONF_DIR, PEAPOD_CNI_BIN_DIR', 'where network configurations and plugins are'],
  ['PEAPOD_TRACE', 'as --trace of run'],
  ['KUBECONFIG', 'where kubeconfig --merge puts the context'],
  ['REGISTRY_AUTH_FILE, DOCKER_CONFIG', 'where credentials of registries are'],
  ['NO_COLOR, FORCE_COLOR', 'no colours on a terminal; colours anywhere'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['/var/lib/peapod', 'images, pods, volumes and logs; what outlives a reboot'],
  ['/var/lib/peapod/cluster', 'what a server keeps'],
  ['/run/peapod', 'what does not outlive a reboot; the sockets of the server'],
  ['/etc/peapod/cni/net.d', 'network configurations to use in place of our own bridge'],
];

const STATUS: readonly (readonly [string, string])[] = [
  ['0', 'done; of run: all containers ended with 0'],
  ['1-255', 'of run, exec and debug: what the container ended with'],
  ['125', 'a pod could not be started'],
];

/** @param version of the program, for the foot of the page */
export function manPage(program: Command, version: string): string {
  return [
    `.TH PEAPOD 1 "" "peapod ${escaped(version)}" "User Commands"`,
    '.SH NAME',
    `peapod \\- ${escaped(lowerFirst(program.description()).replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B peapod',
    '.RI [ options ]',
    '.I verb',
    '.RI [ arguments ]',
    '.SH DESCRIPTION',
    'peapod takes Pod manifests and really runs them on a Linux machine: the infra container first, all others joining its namespaces as',
    'equals. It needs no cluster and no daemon.',
    '.B peapod serve',
    'keeps pods behind the Kubernetes API, for kubectl.',
    '.SH OPTIONS',
    ...optionLines(program),
    '.SH VERBS',
    ...verbsOf(program).flatMap(([name, verb]) => verbLines(name, verb)),
    '.SH EXIT STATUS',
    ...items(STATUS),
    '.SH ENVIRONMENT',
    'What options of the program name in capitals can be set so, too.',
    ...items(ENVIRONMENT),
    '.SH FILES',
    ...items(FILES),
    '.SH EXAMPLES',
    '.EX',
    'peapod run \\-d \\-f pod.yaml',
    'peapod tree',
    'peapod exec \\-it web \\-\\- sh',
    'peapod serve \\-\\-detach && peapod kubeconfig \\-\\-merge',
    '.EE',
    '.SH SEE ALSO',
    '.BR kubectl (1),',
    '.BR crun (1)',
    '',
  ].join('\n');
}

/** Verbs of verbs under both names. */
function verbsOf(command: Command, before = ''): [string, Command][] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((verb) => verb.name() !== 'help')
    .flatMap((verb): [string, Command][] => {
      const name = `${before}${verb.name()}`;
      return verb.commands.length > 0 ? verbsOf(verb, `${name} `) : [[name, verb]];
    });
}

function verbLines(name: string, verb: Command): string[] {
  const operands = verb.registeredArguments.map((argument) => {
    const dots = argument.variadic ? '...' : '';
    return argument.required ? `<${argument.name()}${dots}>` : `[${argument.name()}${dots}]`;
  });
  const usage = [verb.options.length > 0 ? '[options]' : '', ...operands].filter((word) => word !== '');
  const described = verb.registeredArguments.filter(({ description }) => description !== '');
  return [
    `.SS ${quoted(`peapod ${[name, ...usage].join(' ')}`)}`,
    sentence(verb.description()),
    ...described.flatMap((argument) => ['.TP', `.I ${escaped(argument.name())}`, text(argument.description)]),
    ...optionLines(verb),
  ];
}

function optionLines(command: Command): string[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap((option) => ['.TP', `.B ${escaped(option.flags)}`, text(descriptionOf(option))]);
}

function descriptionOf({ description, defaultValue, argChoices }: Option): string {
  const notes = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(typeof defaultValue === 'string' || typeof defaultValue === 'number'
      ? [`default: ${defaultValue}`]
      : []),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

function items(all: readonly (readonly [string, string])[]): string[] {
  return all.flatMap(([name, meaning]) => ['.TP', `.B ${escaped(name)}`, text(meaning)]);
}

function sentence(words: string): string {
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return text(first.endsWith('.') ? first : `${first}.`);
}

/** A line that is no request, whatever it begins with. */
function text(words: string): string {
  const line = escaped(words);
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function quoted(words: string): string {
  return `"${escaped(words).replaceAll('"', '""')}"`;
}

function escaped(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('…', '\\&...')
    .replaceAll("'", '\\(aq');
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
