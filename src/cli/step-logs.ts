import { setTimeout as sleep } from 'node:timers/promises'
import type { RunView } from '../flow/pipeline/schemas.ts'
import { at, withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'

/** Prints a step's log until the step is over; without a step, the run's steps. */
export async function logs(this: CliContext, flags: ConnectFlags & { json: boolean }, run: string, step?: string): Promise<void> {
  await withApi(this, flags, async (api) => {
    if (step === undefined) {
      const view = await api.get<RunView>(at`/api/runs/${run}`)
      if (flags.json) this.output.json(view)
      else
        this.output.result(
          this.output.table(view.steps.map(({ name, state, message }) => [name, state, (message ?? '').split('\n', 1)[0]!])),
        )
      return
    }
    for (let offset = 0; ;) {
      const part = await api.open(at`/api/runs/${run}/log?step=${step}&offset=${offset}`)
      this.output.passOn(await part.text())
      const next = Number(part.headers.get('x-next-offset'))
      if (part.headers.get('x-complete') === 'true') return
      if (next === offset) await sleep(200)
      offset = next
    }
  })
}
