import type { Command } from 'commander';
import { type SettingFlags, settingsFrom } from '../settings.ts';
import { type Candidate, complete, type Completion } from './complete.ts';
import { knownNames } from './known-names.ts';

/**
 * `peapod __complete -- WORDS…`: a line for each word that fits, with what it means after a tab, and at last `:words`, or `:files` or
 * `:folders` where the shell is to find those. What cannot be found out is left out: nobody who types wants an error.
 */
export async function printCompletions(program: Command, words: readonly string[]): Promise<void> {
  const found = complete(program, words);
  const { prefix } = found;
  const typed = (words.at(-1) ?? '').slice(prefix.length);
  const fitting = (await candidates(found, typed)).filter(({ value }) => value.startsWith(typed));
  const lines = fitting.map(({ value, description }) =>
    description === undefined ? prefix + value : `${prefix}${value}\t${description}`,
  );
  const how = found.type === 'files' || found.type === 'folders' ? found.type : 'words';
  process.stdout.write([...lines, `:${how}`, ''].join('\n'));
}

async function candidates(found: Completion, typed: string): Promise<readonly Candidate[]> {
  if (found.type === 'words') return found.words;
  if (found.type !== 'names') return [];
  const { names, options } = found;
  try {
    const flags: SettingFlags = Object.fromEntries(options);
    const known = await knownNames(
      settingsFrom(flags, process.env),
      names,
      options.get('namespace') ?? 'default',
    );
    const slash = typed.indexOf('/') + 1;
    const before = names.of === 'objects' ? typed.slice(0, slash) : '';
    return [...new Set(known)].filter((name) => name !== '').map((name) => ({ value: before + name }));
  } catch {
    return [];
  }
}
