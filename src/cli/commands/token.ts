import { buildCommand, buildRouteMap } from '@stricli/core'
import { scopes, type Scope } from '../../kernel/http.ts'
import { at, connectFlags, withApi, type ConnectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import { jsonFlag } from './flow.ts'

type Common = ConnectFlags & { readonly json: boolean }
type Listed = { tokens: { name: string; scopes: Scope[]; createdAt: string }[] }

const create = buildCommand<Common & { scope: readonly Scope[] }, [string], CliContext>({
  async func(flags, name) {
    await withApi(this, flags, async (api) => {
      const made = await api.send<{ name: string; secret: string }>('POST', '/api/tokens', { name, scopes: flags.scope })
      if (flags.json) this.output.json(made)
      else {
        this.output.say('shown this once; only its hash is kept:')
        this.output.result(made.secret)
      }
    })
  },
  parameters: {
    flags: {
      ...connectFlags,
      json: jsonFlag,
      scope: { kind: 'enum', values: scopes, variadic: true, brief: 'what it is good for; may be repeated' },
    },
    positional: { kind: 'tuple', parameters: [{ brief: 'who will use it', placeholder: 'name', parse: String }] },
  },
  docs: { brief: 'Make a token' },
})

const list = buildCommand<Common, [], CliContext>({
  async func(flags) {
    await withApi(this, flags, async (api) => {
      const { tokens } = await api.get<Listed>('/api/tokens')
      if (flags.json) this.output.json(tokens)
      else
        this.output.result(
          this.output.table([['NAME', 'SCOPES', 'MADE'], ...tokens.map((token) => [token.name, token.scopes.join(','), token.createdAt])]),
        )
    })
  },
  parameters: { flags: { ...connectFlags, json: jsonFlag } },
  docs: { brief: 'List tokens' },
})

const revoke = buildCommand<Common, [string], CliContext>({
  async func(flags, name) {
    await withApi(this, flags, async (api) => {
      const revoked = await api.send('DELETE', at`/api/tokens/${name}`)
      if (flags.json) this.output.json(revoked)
      else this.output.result(`token ${name} is revoked`)
    })
  },
  parameters: {
    flags: { ...connectFlags, json: jsonFlag },
    positional: { kind: 'tuple', parameters: [{ brief: 'whose', placeholder: 'name', parse: String }] },
  },
  docs: { brief: 'Revoke a token' },
})

export const tokenRoutes = buildRouteMap({ routes: { create, ls: list, revoke }, docs: { brief: 'Tokens for people and machines' } })
