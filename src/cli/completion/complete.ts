/** What could come next on a command line, by the program itself: its verbs, options and arguments. */
import type { Argument, Command, Option } from 'commander';

/** A word that fits, and what it means. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** Names that somebody has to be asked for. */
export type Names =
  | { readonly of: 'pods' | 'images' | 'nodes' | 'namespaces' | 'kinds' }
  | { readonly of: 'containers'; readonly pod: string }
  | { readonly of: 'objects'; readonly kind: string };

/** The shell completes the names of files itself. */
export type Completion = (
  | { readonly type: 'words'; readonly words: readonly Candidate[] }
  | { readonly type: 'names'; readonly names: Names }
  | { readonly type: 'files' | 'folders' | 'nothing' }
) & {
  /** Stands before each word, as `--output=`. */
  readonly prefix: string;
  /** The options so far by their names, also the program's. */
  readonly options: ReadonlyMap<string, string>;
};

type Answer = Candidate[] | Names | 'files' | 'folders' | undefined;

/** @param words what stands after the program's name; the last one is not finished and may be empty */
export function complete(program: Command, words: readonly string[]): Completion {
  const line = readLine(program, words.slice(0, -1));
  const word = words.at(-1) ?? '';
  const [flag = '', value] = word.split(/=(.*)/s);
  const told = line.isOver || value === undefined ? undefined : findOption(line, flag);
  const prefix = told === undefined ? '' : `${flag}=`;
  const answer = told === undefined ? answerTo(line, word) : valuesOf(told, line);
  const rest = { prefix, options: line.options };
  if (answer === undefined) return { type: 'nothing', ...rest };
  if (answer === 'files' || answer === 'folders') return { type: answer, ...rest };
  return Array.isArray(answer)
    ? { type: 'words', words: answer, ...rest }
    : { type: 'names', names: answer, ...rest };
}

interface Line {
  readonly program: Command;
  readonly command: Command;
  readonly operands: readonly string[];
  /** Whose value comes next. */
  readonly waiting: Option | undefined;
  /** After `--` there are no options. */
  readonly isOver: boolean;
  readonly options: ReadonlyMap<string, string>;
}

function readLine(program: Command, words: readonly string[]): Line {
  let command = program;
  let waiting: Option | undefined;
  let isOver = false;
  const operands: string[] = [];
  const options = new Map<string, string>();
  for (const word of words) {
    if (waiting !== undefined) {
      options.set(waiting.attributeName(), word);
      waiting = undefined;
    } else if (!isOver && word === '--') isOver = true;
    else if (!isOver && word.startsWith('-') && word !== '-') {
      const [flag = '', value] = word.split(/=(.*)/s);
      const option = findOption({ program, command }, flag.startsWith('--') ? flag : `-${flag.at(-1)}`);
      if (option === undefined || !takesValue(option)) continue;
      if (value === undefined) waiting = option;
      else options.set(option.attributeName(), value);
    } else {
      const verb = operands.length === 0 ? findVerb(command, word) : undefined;
      if (verb === undefined) operands.push(word);
      else command = verb;
    }
  }
  return { program, command, operands, waiting, isOver, options };
}

function answerTo(line: Line, word: string): Answer {
  const { command, operands, waiting, isOver } = line;
  if (waiting !== undefined) return valuesOf(waiting, line);
  if (!isOver && word.startsWith('-')) return optionsOf(line);
  if (command.commands.length > 0 && operands.length === 0) return verbsOf(command);
  const all = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[operands.length] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? undefined : operandsFor(argument, line, word);
}

function verbsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((verb) => ({
      value: verb.name(),
      description: verb.description(),
    }));
}

function optionsOf({ program, command }: Line): Candidate[] {
  const help = command.createHelp();
  const all = [...help.visibleOptions(command), ...(command === program ? [] : help.visibleOptions(program))];
  return [...new Map(all.map((option) => [option.long ?? option.short ?? '', option]))].map(
    ([value, { description }]) => ({ value, description }),
  );
}

const FORMATS: readonly string[] = ['json', 'yaml', 'wide', 'name'];

/** By what an option calls its value. */
function valuesOf(option: Option, line: Line): Answer {
  if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value }));
  const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1];
  switch (placeholder) {
    case 'file':
      return 'files';
    case 'dir':
      return 'folders';
    case 'format':
      return formatsOf(option).map((value) => ({ value }));
    case 'image':
      return { of: 'images' };
    case 'pod':
      return { of: 'pods' };
    case 'node':
      return { of: 'nodes' };
    case 'container':
      return { of: 'containers', pod: line.operands[0] ?? '' };
    case 'name':
      if (option.long === '--namespace') return { of: 'namespaces' };
      // The one of a new container is free.
      if (option.long === '--container' && line.command.name() !== 'debug')
        return { of: 'containers', pod: line.operands[0] ?? '' };
      return undefined;
    default:
      return undefined;
  }
}

/** Those that its description names. */
function formatsOf({ description }: Option): string[] {
  const words = description.split(/[^a-z]+/);
  return [...FORMATS, 'picture', 'svg', 'png'].filter((format) => words.includes(format));
}

/** By what an argument is called. */
function operandsFor(argument: Argument, { operands }: Line, word: string): Answer {
  if (argument.argChoices !== undefined) return argument.argChoices.map((value) => ({ value }));
  switch (argument.name()) {
    case 'pod':
    case 'pods':
      return { of: 'pods' };
    case 'container':
      return { of: 'containers', pod: operands[0] ?? '' };
    case 'images':
      return { of: 'images' };
    case 'file':
      return 'files';
    case 'kinds': {
      const slash = word.indexOf('/');
      return slash < 0 ? { of: 'kinds' } : { of: 'objects', kind: word.slice(0, slash) };
    }
    case 'names':
    case 'name':
      return { of: 'objects', kind: operands[0] ?? '' };
    default:
      return undefined;
  }
}

function findVerb(command: Command, word: string): Command | undefined {
  return command.commands.find((verb) => verb.name() === word || verb.aliases().includes(word));
}

function findOption(
  { program, command }: Pick<Line, 'program' | 'command'>,
  flag: string,
): Option | undefined {
  return [...command.options, ...program.options].find(({ long, short }) => long === flag || short === flag);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
