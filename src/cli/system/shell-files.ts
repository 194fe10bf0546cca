/** What `peapod system install` gives to shells and man(1). */
import type { Command } from 'commander';
import { COMPLETION_SCRIPTS } from '../completion/scripts.ts';
import { manPage } from '../man/man-page.ts';

/** By path; only the administrator's own folders, which packages leave alone. */
export function shellFiles(program: Command): ReadonlyMap<string, string> {
  return new Map([
    ['/usr/local/share/man/man1/peapod.1', manPage(program, program.version() ?? '')],
    ['/usr/local/share/bash-completion/completions/peapod', COMPLETION_SCRIPTS.bash],
    ['/usr/local/share/zsh/site-functions/_peapod', COMPLETION_SCRIPTS.zsh],
    ['/usr/local/share/fish/vendor_completions.d/peapod.fish', COMPLETION_SCRIPTS.fish],
  ]);
}
