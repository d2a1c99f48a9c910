import { environmentOf, killMarked, pidsMarked } from '../../../kernel/process.ts'

/** In the environment of every process that a step of this run starts, and of whatever that starts. */
export const runMark = 'THREEWAYS_RUN'

/** Ends what steps of a run have left in the background: its run is over, so nobody waits for it. Linux only. */
export async function endLeftovers(run: string): Promise<void> {
  await killMarked(runMark, run)
}

/** The same for all runs of a home that ended while nobody looked. */
export async function endForgottenLeftovers(homeId: string, isOver: (run: string) => Promise<boolean>): Promise<void> {
  const runs = new Set<string>()
  for (const pid of await pidsMarked('THREEWAYS_HOME_ID', homeId)) {
    const run = (await environmentOf(pid))?.[runMark]
    if (run !== undefined) runs.add(run)
  }
  for (const run of runs) if (await isOver(run)) await endLeftovers(run)
}
