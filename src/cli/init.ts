import type { CliContext } from './context.ts'
import { projectFolder } from './context.ts'
import { initProject } from '../server/init-project.ts'

/** Writes threeways.yaml from what the repository has, and says what was guessed from where. */
export async function init(this: CliContext, flags: { print: boolean }): Promise<void> {
  const { output } = this
  const { file, yaml, guesses } = await initProject(projectFolder(this.cwd), { write: !flags.print })
  for (const { what, from, sure } of guesses)
    output.say(`  ${sure ? output.colour.green('✔') : output.colour.yellow('?')} ${what} ${output.colour.dim(`(${from})`)}`)
  if (flags.print) output.result(yaml)
  else output.result(`${file} is written; look at the lines marked ?, commit it, then: threeways deliver`)
}
