import { useFixed } from './query.ts'
import { useToken } from './session.ts'
import type { Asker } from './types.ts'

/** Who this tab is to the server; undefined without a token, and until the server has said it. */
export function useAsker(): Asker | undefined {
  const holds = useToken() !== undefined
  const { data, problem } = useFixed<Asker>(holds ? '/api/me' : undefined)
  // What the last token was good for says nothing of one that the server does not know.
  return problem === undefined ? data : undefined
}

/** Whether the server would let this tab do what needs `scope`. */
export function useMay(scope: Asker['scopes'][number]): boolean {
  const asker = useAsker()
  return asker !== undefined && asker.scopes.some((held) => held === scope || held === 'admin')
}
