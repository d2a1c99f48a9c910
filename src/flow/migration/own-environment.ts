import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Clock } from '../../kernel/clock.ts'
import { messageOf } from '../../kernel/errors.ts'
import type { NewId } from '../../kernel/ids.ts'
import { run } from '../../kernel/process.ts'
import { hidingOf } from '../../kernel/scanning/scanner.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Desired, EnvironmentId, EnvironmentProvider, Progress } from '../environment/provider.port.ts'
import { commandEnvironment } from '../candidate/build-environment.ts'
import { readMigrations } from './files.ts'
import { migrateOne } from './migrate.ts'
import { beforeDeploy } from './policy.ts'
import type { RunTool } from './tool.ts'

/** Of what a tool wrote, the end. */
const saidBytesMax = 64 * 1024

type Shop = { readonly ledger: Ledger; readonly provider: EnvironmentProvider; readonly newId: NewId; readonly clock: Clock }

/** Of an environment that a person asked for: nothing is gone back to there, so everything runs, in order, before the candidate does. */
export async function migrateOwn(
  { ledger, provider, newId, clock }: Shop,
  environment: EnvironmentId,
  desired: Desired,
  watch: (progress: Progress) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const stream = environment.split('/')[0]!
  const { candidate, artifact, rendered } = desired
  for (const [resource, files] of Object.entries(await readMigrations(artifact, rendered.definition))) {
    await provider.databases?.change({ environment, desired, resource }, watch, signal, async (session) => {
      await migrateOne({
        session,
        files,
        choose: (_resource, all, history) => beforeDeploy({ files: all, history, previous: undefined }),
        about: { stream, environment, resource, candidate, run: newId() },
        source: '/threeways/environments',
        announce: async () => true,
        keep: () => {},
        tell: async (events) => void (events.length > 0 && (await ledger.append([...events]))),
        signal,
        newId,
        runTool: toolIn(artifact, (subject, message) => watch({ at: clock.instant(), subject, message }), signal),
      })
    })
  }
}

/** Whoever asked waits for it: it ends with the server. */
function toolIn(artifact: string, tell: (subject: string, message: string) => void, signal: AbortSignal): RunTool {
  return async ({ resource, command, variables, hide, timeoutMs }) => {
    const temporary = await mkdtemp(path.join(tmpdir(), 'threeways-migration-'))
    try {
      const env = { ...(await commandEnvironment(temporary, process.env)), ...variables }
      const ran = await run(command[0]!, command.slice(1), { cwd: artifact, env, timeoutMs, outputBytesMax: saidBytesMax, signal })
      const said = hidingOf(hide).text(`${ran.stdout}${ran.stderr}`).trimEnd()
      for (const line of said === '' ? [] : said.split('\n')) tell(`resource ${resource}`, line)
      return { code: ran.code ?? undefined, said, ...(ran.code === null ? { why: `was ended by ${ran.signal}` } : {}) }
    } catch (error) {
      signal.throwIfAborted()
      return { code: undefined, why: `could not be run: ${messageOf(error)}`, said: '' }
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }
}
