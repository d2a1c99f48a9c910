import { run } from '@stricli/core'
import colors from 'picocolors'
import { app } from '../app.ts'
import type { CliContext } from '../context.ts'
import { makeOutput } from '../output.ts'

/**
 * Answers Docker Compose, which calls us as it calls any provider: `compose --project-name=X up --option=value… service`.
 * Standard output carries its JSON lines and nothing else; what goes wrong is its last line.
 */
export async function answerCompose(words: readonly string[], context: CliContext): Promise<void> {
  const isAsked = words.some((word) => /^(--help|-h|--helpAll)$/.test(word))
  if (words.length === 0 || isAsked) return run(app, ['compose', ...words, ...(isAsked ? [] : ['--help'])], context as never)
  let heard = ''
  const stderr = { write: (text: string) => void (heard += text), isTTY: false }
  const process = new Proxy(context.process, {
    get(target, key) {
      if (key === 'stderr') return stderr
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, key, value) => Reflect.set(target, key, value),
  })
  const spoken = makeOutput(process)
  const say = (text: string) => {
    const message = text.trim()
    if (message !== '') spoken.jsonLine({ type: 'info', message })
  }
  const output = { ...spoken, colour: colors.createColors(false), isTerminal: false, say, passing: () => {} }
  await run(app, ['compose', ...optionsLast(words)], { ...context, process, output, env: ownVariables(context.env) } as never)
  if (Number(context.process.exitCode ?? 0) !== 0) spoken.jsonLine({ type: 'error', message: heard.trim() || 'it did not say why' })
}

/** Compose gives the project before the command. */
function optionsLast(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word, index) => !word.startsWith('-') && words[index - 1] !== '--project-name')
  return at === -1 ? words : [words[at]!, ...words.slice(0, at), ...words.slice(at + 1)]
}

/**
 * Compose hands on all variables of its project, those of its `.env` too. What means a database, a server or a token there
 * is for its containers, not for us.
 */
function ownVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(DATABASE_URL|PG[A-Z]+|THREEWAYS_.*)$/.test(name)))
}
