import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { boundedTail } from '../../../kernel/detached.ts'
import { commandEnvironment } from '../../candidate/build-environment.ts'
import type { RunTool } from '../../migration/tool.ts'
import { runCommand } from './command.ts'
import type { Execution } from '../execution.ts'
import { runMark } from './leftovers.ts'
import { withSecrets } from './step-secrets.ts'

/** So much of what it wrote goes into the step's log. */
const saidBytesMax = 64 * 1024

/** Runs a tool in the artifact's folder as a command of the step: it outlives the server, and is not started twice. */
export function toolIn(execution: Execution, artifact: string, settings: string): RunTool {
  const { run, step, signal, clock, homeId, say } = execution
  return async ({ resource, command, variables, hide, timeoutMs }) => {
    const folder = path.join(execution.folder, `tool ${resource.replaceAll(/[^a-zA-Z0-9.-]+/g, '_')}`)
    const temporary = path.join(folder, 'tmp')
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    const env = { ...(await commandEnvironment(temporary, process.env)), ...variables, THREEWAYS_HOME_ID: homeId, [runMark]: run.id }
    const mark = { name: 'THREEWAYS_STEP', value: `${run.id}/${step.name}/${step.attempt}/${resource}` }
    const deadline = clock.now() + timeoutMs
    const asking = { kind: 'check', program: command.join(' '), uses: undefined, settings } as const
    const end = await withSecrets(execution, folder, asking, (given) =>
      runCommand({ folder, command, cwd: artifact, env, mark, hide: [...given.hide, ...hide], deadline }, () => clock.now(), signal),
    )
    signal.throwIfAborted()
    const said = (await boundedTail(path.join(folder, 'log'), saidBytesMax)).trimEnd()
    if (said !== '') await say(said)
    if (end.end === 'exited') return { code: end.code, said }
    const why = end.end === 'timed-out' ? `did not end within ${timeoutMs / 1000} s and was killed` : 'vanished without an exit code'
    return { code: undefined, why, said }
  }
}
