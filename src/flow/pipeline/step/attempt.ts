import { appendFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { hidingNothing, hidingOf, type Hiding } from '../../../kernel/scanning/scanner.ts'
import { runBuild, runCheck } from './commands.ts'
import { concludeStage } from './conclude.ts'
import { deployStage } from './deploy-step.ts'
import type { Execution, Executor, StepEnd, Workshop } from '../execution.ts'
import { checkOut, makeCandidate } from './making.ts'
import { contractStage, expandStage } from './migrate-step.ts'
import { proveStage } from './prove-step.ts'
import { failedBy, hidden, isAway } from './step-end.ts'
import type { StepRow } from '../tables.ts'
import type { Work } from '../work.ts'

const executors: Record<Exclude<Work['kind'], 'promote'>, Executor> = {
  checkout: checkOut,
  build: runBuild,
  candidate: makeCandidate,
  migrate: expandStage,
  prove: proveStage,
  deploy: deployStage,
  check: runCheck,
  conclude: concludeStage,
  contract: contractStage,
}

/**
 * One attempt of one step, to its end. Nothing it says holds a secret.
 * @param pause - before it is tried again, because our own store is away
 */
export async function attempt(
  shop: Workshop,
  trying: Pick<Execution, 'run' | 'step' | 'steps' | 'signal' | 'note'>,
  pause: (error: unknown, failures: number) => Promise<void>,
): Promise<StepEnd> {
  const { step, signal } = trying
  const folder = stepFolder(shop.home, step)
  let hiding = hidingNothing
  const say = (line: string) => appendFile(path.join(folder, 'log'), `${hiding.text(line)}\n`, { mode: 0o600 })
  const execution: Execution = { ...shop, ...trying, folder, say }
  for (let failures = 0; ; failures++) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      hiding = await hidingFor(execution)
      return hidden(await executors[step.work.kind as Exclude<Work['kind'], 'promote'>](execution), hiding)
    } catch (error) {
      if (signal.aborted) return { end: 'cancelled' }
      // That says nothing about the candidate, and what was begun is found again.
      if (!isAway(error)) return hidden(failedBy(error), hiding)
      await pause(error, failures)
    }
  }
}

/** Whoever settles a stage says what was heard already: it must go on when secrets cannot be opened. */
async function hidingFor({ secrets, run, step }: Execution): Promise<Hiding> {
  try {
    return hidingOf(await secrets.hidden(run.stream))
  } catch (error) {
    if (step.work.kind === 'conclude' && !isAway(error)) return hidingNothing
    throw error
  }
}

/** Where an attempt keeps its log and the notes about its process. */
export function stepFolder(home: string, step: Pick<StepRow, 'run' | 'name' | 'attempt'>): string {
  return path.join(home, 'runs', step.run, 'steps', step.name.replaceAll(/[^a-zA-Z0-9.-]+/g, '_'), String(step.attempt))
}
