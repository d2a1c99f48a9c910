import { initProject } from '../server/init-project.ts'
import { projectFolder, type CliContext } from './context.ts'

/** Writes threeways.yaml from what the repository has, and says what was guessed from where and what was left out. */
export async function init(this: CliContext, flags: { print: boolean }): Promise<void> {
  const { output } = this
  const { colour } = output
  const { file, yaml, guesses, leftOut } = await initProject(projectFolder(this.cwd), { write: !flags.print })
  for (const { what, from, sure } of guesses)
    output.say(`  ${sure ? colour.green('✔') : colour.yellow('?')} ${what} ${colour.dim(`(${from})`)}`)
  for (const { what, why } of leftOut) output.say(`  ${colour.yellow('–')} left out: ${what} ${colour.dim(`(${why})`)}`)
  if (flags.print) output.result(yaml)
  else output.result(`${file} is written; look at the lines marked ?, commit it, then: threeways deliver`)
}
