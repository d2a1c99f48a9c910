import { lstat, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { boundedTail } from '../../../kernel/detached.ts'
import { messageOf } from '../../../kernel/errors.ts'
import { hidingOf } from '../../../kernel/scanning/scanner.ts'
import { buildEnvironment } from '../../candidate/build-environment.ts'
import { runCommand, type CommandEnd } from './command.ts'
import type { Execution, StepEnd } from '../execution.ts'
import { runMark } from './leftovers.ts'
import { environmentOf, stageOf } from '../place.ts'
import { buildAsking, withSecrets, type Asking } from './step-secrets.ts'
import { tellingLine } from '../../../kernel/telling-line.ts'
import type { TestReport } from '../test-report.port.ts'
import { noteBuilt, workspaceOf } from './workspace.ts'

/** Exit codes of shells for programs that a signal ended: this and the signal's number. */
const killedFrom = 128
const reportBytesMax = 16 * 1024 * 1024

/** Runs one command of the artifact's build in its checkout. */
export async function runBuild(execution: Execution): Promise<StepEnd> {
  const { run, step } = execution
  if (step.work.kind !== 'build') throw new TypeError(step.work.kind)
  const checkout = await workspaceOf(execution, step.work.copy)
  const asking = buildAsking(run, step.work.command)
  const end = await command(execution, asking, step.work.command, checkout.folder, await buildEnvironment(checkout, process.env))
  if (end.end === 'exited' && end.code === 0) await noteBuilt(execution, step.work.copy, step.name)
  return conclusion(execution, end)
}

/** Runs a check: beside the build's files, with the environment's addresses when it asks for them. */
export async function runCheck(execution: Execution): Promise<StepEnd> {
  const { run, step } = execution
  if (step.work.kind !== 'check') throw new TypeError(step.work.kind)
  const check = run.definition.checks[step.work.check]!
  const checkout = await workspaceOf(execution, 'first')
  const variables = check.in === 'environment' ? await environmentVariables(execution) : {}
  const env = { ...(await buildEnvironment(checkout, process.env)), THREEWAYS_CANDIDATE: run.candidate!, ...variables }
  const settings = stageOf(run, step.stage!).environment ?? ''
  const asking = { kind: 'check', program: step.work.check, uses: check.secrets, settings } as const
  const end = await command(execution, asking, check.command, checkout.folder, env)
  // No address of an environment answers while the server is away. That is not the candidate's failure.
  if (check.in === 'environment' && end.end === 'exited' && end.inherited && end.code !== 0) {
    return { end: 'lost', why: 'the server, and with it the way to the environment, was away while it ran' }
  }
  if (end.end !== 'exited' || check.report === undefined) return conclusion(execution, end)
  return withReport(execution, end, await readReport(execution, path.join(checkout.folder, check.report), check.report))
}

async function environmentVariables({ provider, run, step }: Execution): Promise<Readonly<Record<string, string>>> {
  const environment = environmentOf(run, stageOf(run, step.stage!))
  const { variables } = await provider.observe(environment)
  return { ...variables, THREEWAYS_ENVIRONMENT: environment }
}

function command(
  execution: Execution,
  asking: Asking,
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandEnd> {
  const { folder, run, step, signal, clock, homeId } = execution
  return withSecrets(execution, folder, asking, ({ variables, hide }) =>
    runCommand(
      {
        folder,
        command: words,
        cwd,
        env: { ...env, ...variables, THREEWAYS_HOME_ID: homeId, [runMark]: run.id },
        mark: { name: 'THREEWAYS_STEP', value: `${run.id}/${step.name}/${step.attempt}` },
        hide,
        deadline: step.timeoutMs === null ? undefined : Date.parse(step.startedAt!) + step.timeoutMs,
      },
      () => clock.now(),
      signal,
    ),
  )
}

async function conclusion({ folder, step }: Execution, end: CommandEnd): Promise<StepEnd> {
  if (end.end === 'cancelled') return { end: 'cancelled' }
  if (end.end === 'lost') return { end: 'lost', why: 'its process vanished without an exit code' }
  if (end.end === 'exited' && end.code === 0) return { end: 'succeeded' }
  // Whatever took the server, a shutdown or a lack of memory, has taken it too.
  if (end.end === 'exited' && end.inherited && end.code > killedFrom) return { end: 'lost', why: 'it was killed while the server was away' }
  const tail = (await boundedTail(path.join(folder, 'log'), 2048)).trimEnd()
  if (end.end !== 'exited')
    return {
      end: 'failed',
      message: `did not end within ${step.timeoutMs! / 1000} s and was killed\n${tail}`.trimEnd(),
      fault: 'undecided',
    }
  // The code alone tells nobody anything.
  const reason = tellingLine(tail)
  const rest = tail === reason || tail === '' ? '' : `\n${tail}`
  const message = reason === '' ? `ended with exit code ${end.code}${rest}` : `${reason} (exit code ${end.code})${rest}`
  // A program that a signal ended has not said anything of the change: memory ran out, or somebody ended it.
  return { end: 'failed', message, fault: end.code > killedFrom ? 'infrastructure' : 'change' }
}

/** A check that promises a report and leaves none, or one nobody can read, has not said that it passed. */
async function withReport(execution: Execution, end: CommandEnd & { end: 'exited' }, report: TestReport | Error): Promise<StepEnd> {
  const plain = await conclusion(execution, end)
  if (report instanceof Error) {
    return plain.end === 'succeeded'
      ? { end: 'failed', message: `its report cannot be read: ${messageOf(report)}`, fault: 'undecided' }
      : plain
  }
  const { total, failed, skipped, failures } = report
  const output = { tests: { total, failed, skipped, failures: failures.slice(0, 100) } }
  if (plain.end === 'succeeded' && failed === 0) return { ...plain, message: `${total} tests`, output }
  const first = failures[0]
  const message = failed > 0 ? `${failed} of ${total} tests failed${first ? `: ${first.name}: ${first.message}` : ''}` : undefined
  if (plain.end === 'succeeded') return { end: 'failed', message: message!, output }
  return plain.end === 'failed' ? { ...plain, message: message ?? plain.message, output } : plain
}

async function readReport({ testReports, step, run, secrets }: Execution, file: string, name: string): Promise<TestReport | Error> {
  try {
    const { size, mtimeMs } = await lstat(file)
    // Left by an earlier check or try: it says nothing about this one.
    if (mtimeMs < Date.parse(step.startedAt!) - 1000) return new Error(`${name} was not written by this check`)
    if (size > reportBytesMax) return new Error(`${name} is larger than ${reportBytesMax} bytes`)
    const text = await readFile(file, 'utf8')
    const told = hidingOf(await secrets.hidden(run.stream)).text(text)
    // It stays in the checkout, which is kept for a while.
    if (told !== text) await writeFile(file, told)
    return testReports(told, name)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
