import { conflict, notFound } from '../../kernel/errors.ts'
import type { Clock } from '../../kernel/clock.ts'
import { newSecret, type NewId } from '../../kernel/ids.ts'
import { event } from '../../ledger/event.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { rowsOf } from '../../ledger/rows.ts'
import { hookAdded, hookRemoved } from '../../flow/history/events.ts'
import { hooks as hookTable, type Hook } from '../../flow/history/hooks.ts'
import type { Secrets } from '../../flow/secret/secrets.ts'

export type HookKind = 'github' | 'gitlab'
export type Wanted = {
  readonly kind: HookKind
  readonly repository: string
  readonly stream: string
  readonly incidentLabel: string
  readonly incidentEnvironment: string
}

export type Hooks = ReturnType<typeof makeHooks>

/** No value stream can be called so, so nobody else's secret can stand there. */
const keeper = '#hooks'
const nameOf = (kind: HookKind, repository: string) => `${kind}/${repository}`

/** Which hosts may tell of which repositories, and the secrets that they sign with. */
export function makeHooks(ledger: Ledger, { clock, newId, secrets }: { clock: Clock; newId: NewId; secrets: Secrets }) {
  const envelope = (subject: string) => ({ id: newId(), time: clock.instant(), source: '/threeways/hooks', subject })
  const find = async (hook: string): Promise<Hook | undefined> => {
    const found = await rowsOf(ledger.db, hookTable).selectAll().where('hook', '=', hook).executeTakeFirst()
    return found?.there === true ? found : undefined
  }
  return {
    /** @returns the secret, not to be had again @throws ThreewaysError `HOOK_EXISTS` */
    async add(wanted: Wanted, by: string): Promise<string> {
      const hook = nameOf(wanted.kind, wanted.repository)
      if (await find(hook))
        throw conflict('HOOK_EXISTS', {
          message: `there is a hook for ${hook}`,
          help: `\`threeways hooks rm ${wanted.kind} ${wanted.repository}\` first: then it gets a new secret`,
        })
      const secret = newSecret()
      // Before anybody can be let in by it.
      await secrets.set({ stream: keeper, name: hook, environment: '' }, Buffer.from(secret), by)
      await ledger.append([event(hookAdded, envelope(hook), { ...wanted, by })])
      return secret
    },

    async list(): Promise<readonly Hook[]> {
      return rowsOf(ledger.db, hookTable).selectAll().where('there', '=', true).orderBy('hook').execute()
    },

    /** @throws ThreewaysError `HOOK_NOT_FOUND` */
    async remove(kind: HookKind, repository: string, by: string): Promise<void> {
      const hook = nameOf(kind, repository)
      if (!(await find(hook)))
        throw notFound('HOOK_NOT_FOUND', { message: `there is no hook for ${hook}`, help: 'list them with `threeways hooks ls`' })
      await ledger.append([event(hookRemoved, envelope(hook), { kind, repository, by })])
      await secrets.remove({ stream: keeper, name: hook, environment: '' }, by)
    },

    /** @returns undefined: nobody is let in under this name */
    async open(kind: HookKind, repository: string): Promise<{ readonly hook: Hook; readonly secret: string } | undefined> {
      const hook = await find(nameOf(kind, repository))
      if (!hook) return undefined
      const values = await secrets.values(keeper, '', [hook.hook])
      return { hook, secret: values.get(hook.hook)!.value.toString() }
    },
  }
}
