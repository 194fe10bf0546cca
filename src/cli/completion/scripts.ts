/** What a shell has to be told so that it asks the program what could come next. */
export type Shell = 'bash' | 'zsh' | 'fish';

const BASH = String.raw`# bash completion for peapod
_peapod() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} words found how word before
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${'$'}{words[${'$'}{#words[@]} - 1]}
  mapfile -t found < <("${'$'}{words[0]/#\~/$HOME}" __complete -- "${'$'}{words[@]:1}" 2>/dev/null)
  [[ ${'$'}{#found[@]} -gt 0 ]] || return
  how=${'$'}{found[${'$'}{#found[@]} - 1]}
  # What stands before an equals sign or a colon is a word of its own to bash.
  before=""
  [[ $word == *=* && $COMP_WORDBREAKS == *=* ]] && before=${'$'}{word%"${'$'}{word#*=}"}
  [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && before=${'$'}{word%"${'$'}{word##*:}"}
  COMPREPLY=()
  case $how in
    :files | :folders)
      [[ $word == -*=* ]] && word=${'$'}{word#*=}
      compopt -o filenames
      local action=-f
      [[ $how == :folders ]] && action=-d
      mapfile -t COMPREPLY < <(compgen "$action" -- "$word")
      ;;
    :words)
      unset 'found[${'$'}{#found[@]} - 1]'
      for word in "${'$'}{found[@]}"; do
        word=${'$'}{word%%$'\t'*}
        COMPREPLY+=("${'$'}{word#"$before"}")
      done
      ;;
  esac
}
complete -F _peapod peapod
`;

const ZSH = String.raw`#compdef peapod
_peapod() {
  local -a found described
  local how line
  found=("${'$'}{(@f)$("${'$'}{(Q)words[1]/#\~/$HOME}" __complete -- "${'$'}{(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  how=${'$'}{found[-1]}
  found[-1]=()
  case $how in
    :files) compset -P '--*='; _files ;;
    :folders) compset -P '--*='; _files -/ ;;
    :words)
      for line in "${'$'}{found[@]}"; do
        if [[ $line == *$'\t'* ]]; then
          described+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}")
        else
          described+=("${'$'}{line//:/\\:}")
        fi
      done
      _describe peapod described
      ;;
  esac
}
# Sourced, or loaded from the function path at the first use.
if [[ ${'$'}{funcstack[1]} == _peapod ]]; then _peapod "$@"; else compdef _peapod peapod; fi
`;

const FISH = String.raw`# fish completion for peapod
function __peapod_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l found (command $words[1] __complete -- $words[2..-1] "$word" 2>/dev/null)
    test (count $found) -gt 0; or return
    switch $found[-1]
        case :files
            __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$word")
        case :folders
            __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$word")
        case :words
            test (count $found) -gt 1; and string join \n -- $found[1..-2]
    end
end
complete -c peapod -e
complete -c peapod -f -a '(__peapod_complete)'
`;

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
