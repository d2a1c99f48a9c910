import { buildCommand } from '@stricli/core'
import type { CliContext } from '../context.ts'

const scripts = {
  bash: [
    '_threeways() {',
    "  local IFS=$'\\n'",
    '  COMPREPLY=($(compgen -W "$(threeways --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _threeways threeways',
  ],
  zsh: [
    '#compdef threeways',
    '_threeways() { compadd -- ${(f)"$(threeways --complete "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)"} }',
    'compdef _threeways threeways',
  ],
  fish: ["complete -c threeways -f -a '(threeways --complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'"],
} as const

type Shell = keyof typeof scripts

export const completionCommand = buildCommand<Record<string, never>, [Shell], CliContext>({
  func(_flags, shell) {
    this.output.result(scripts[shell].join('\n'))
  },
  parameters: {
    flags: {},
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'bash, zsh or fish',
          placeholder: 'shell',
          parse: (text: string): Shell => {
            if (text in scripts) return text as Shell
            throw new Error(`"${text}" is none of bash, zsh, fish`)
          },
        },
      ],
    },
  },
  docs: { brief: 'Print completion for a shell: eval "$(threeways completion bash)"' },
})
