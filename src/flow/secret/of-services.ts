import type { Ledger } from '../../ledger/ledger.ts'
import type { SecretSource } from '../environment/secrets.port.ts'
import { tables } from '../pipeline/tables.ts'
import type { Secrets } from './secrets.ts'

/** Secrets as a provider asks for them. Whose commit it was that nearly told one is looked up. */
export function secretsOfServices(ledger: Pick<Ledger, 'db'>, { values, versions, hidden, leaked }: Secrets): SecretSource {
  return {
    values,
    versions,
    hidden,
    async leaked(leak) {
      const run = await tables(ledger)
        .selectFrom('run')
        .select(['id', 'author'])
        .where('candidate', '=', leak.candidate)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst()
      await leaked({ ...leak, kind: 'service', ...(run ? { run: run.id, author: run.author } : {}) })
    },
  }
}
