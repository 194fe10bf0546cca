import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command, Option } from 'commander';
import { buildProgram } from './program.ts';

const ROOT = join(import.meta.dirname, '../..');
const GUIDES = ['from-podman.md', 'from-docker-compose.md', 'from-k3s.md', 'from-kind.md', 'from-kubectl.md'];

/** Every `peapod …` in code blocks and code spans, as words. */
function commandsIn(markdown: string): string[][] {
  const found: string[] = [];
  const prose = markdown.replaceAll(/^```(\w*)\n(.*?)^```/gms, (_, language: string, text: string) => {
    if (language === 'sh' || language === 'console')
      found.push(...text.replaceAll(/\\\n/g, ' ').split(/\n|;|&&|\|/));
    return '';
  });
  for (const [, span = ''] of prose.matchAll(/`([^`]+)`/g)) found.push(span);
  return found
    .map((line) =>
      line
        .trim()
        .replace(/^[#$] /, '')
        .replace(/\s+#.*$/, ''),
    )
    .filter((line) => /^(\.\/)?peapod\s/.test(line))
    .map((line) => line.split(/\s+/).slice(1));
}

/** @returns what is wrong with the words, by the program's own verbs, options and arguments */
function faultOf(words: string[], program: Command): string | undefined {
  let command = program;
  const options: Option[] = [...program.options];
  const operands: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (word === '…' || word === '--help') continue;
    if (word.startsWith('-') && word !== '-') {
      const names = word.startsWith('--')
        ? [word.split('=')[0]]
        : word
            .slice(1)
            .split('')
            .map((c) => `-${c}`);
      for (const name of names) {
        const option = options.find(({ long, short }) => long === name || short === name);
        if (option === undefined) return `${command.name()} has no option ${name}`;
        if (option.required && !word.includes('=') && words[++at] === undefined)
          return `${name} lacks its value`;
      }
      continue;
    }
    const verb = command.commands.find((each) => each.name() === word);
    if (verb !== undefined) {
      command = verb;
      options.push(...verb.options);
    } else if (command.commands.length > 0) return `there is no verb ${word}`;
    else operands.push(word);
  }
  const { registeredArguments: takes } = command;
  if (!takes.some(({ variadic }) => variadic) && operands.length > takes.length)
    return `${command.name()} takes no ${operands.at(-1)}`;
  return undefined;
}

function faultsIn(markdown: string): string[] {
  return commandsIn(markdown).flatMap((words) => {
    const fault = faultOf(words, buildProgram());
    return fault === undefined ? [] : [`peapod ${words.join(' ')}: ${fault}`];
  });
}

test('every peapod command of the documentation is one that the program knows', () => {
  const files = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  for (const guide of GUIDES) {
    const count = commandsIn(readFileSync(join(ROOT, 'docs', guide), 'utf8')).length;
    assert.ok(count >= 8, `${guide} has only ${count} commands`);
  }
  for (const file of ['README.md', ...files.map((name) => `docs/${name}`)])
    assert.deepEqual(faultsIn(readFileSync(join(ROOT, file), 'utf8')), [], file);
});

test('a verb, an option or an argument that the program does not know is found', () => {
  assert.deepEqual(faultsIn('`peapod up`, `peapod ps --all`\n```sh\npeapod images NAME # x\n```\n'), [
    'peapod images NAME: images takes no NAME',
    'peapod up: there is no verb up',
    'peapod ps --all: ps has no option --all',
  ]);
});
