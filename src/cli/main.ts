import { proposeCompletions, run, type StricliDynamicCommandContext } from '@stricli/core'
import { app } from './app.ts'
import { makeContext, type CliContext } from './context.ts'
import { meetClosedOutput } from './output.ts'

meetClosedOutput(process)
const [first, ...words] = process.argv.slice(2)
// Node's process may have no exit code yet, which the library's type leaves out.
const context = makeContext() as StricliDynamicCommandContext<CliContext>

if (first === '--complete') {
  // Asked by the shell: every word so far, the last one unfinished.
  for (const { completion } of await proposeCompletions(app, words, context)) console.log(completion)
} else if (first === 'compose') {
  const { answerCompose } = await import('./compose/answer.ts')
  await answerCompose(words, makeContext())
  if (Number(process.exitCode ?? 0) < 0) process.exitCode = 2
} else {
  await run(app, first === undefined ? ['--help'] : [first, ...words], context)
  // The library has codes of its own for wrong usage; ours is that of malformed input.
  if (Number(process.exitCode ?? 0) < 0) process.exitCode = 2
}
