import { useQuery } from '../api/query.ts'
import { useToken } from '../api/session.ts'
import type { ApprovalView } from '../api/types.ts'
import { bypass } from '../line/actions.tsx'
import { ActionButton } from '../piece/action.tsx'
import { passableOf } from '../piece/waiting.tsx'

/** Of something that waits for its time; only for whom the server's policy lets pass it. */
export function BypassButton({ item: { run, stage, commit, summary, author, waiting, also, can } }: { readonly item: ApprovalView }) {
  const gates = passableOf([waiting, ...also])
  if (gates.length === 0 || !can.includes('bypass')) return null
  return <ActionButton className="small" label="Bypass…" action={bypass(run, stage, { commit, summary, author }, gates)} />
}

type Props = { readonly stream: string; readonly run: string; readonly stage: string | null }

/** The same where a delivery is shown: the server is asked whether the visitor may. */
export function BypassOf({ stream, run, stage }: Props) {
  const acting = useToken() !== undefined
  const path = acting ? `/api/approvals?stream=${encodeURIComponent(stream)}` : undefined
  const { data } = useQuery<{ readonly approvals: readonly ApprovalView[] }>(path)
  const item = data?.approvals.find((one) => one.run === run && one.stage === stage)
  return item === undefined ? null : <BypassButton item={item} />
}
