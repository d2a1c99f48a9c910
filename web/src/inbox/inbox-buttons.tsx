import { Link } from 'wouter'
import { useToken } from '../api/session.ts'
import type { ApprovalView } from '../api/types.ts'
import { approve, promote, promoteLabel, reject } from '../line/actions.tsx'
import { ActionButton } from '../piece/action.tsx'
import { BypassButton } from './bypass-button.tsx'

/** Only what the asker may do, as the server says. */
export function InboxButtons({ item }: { readonly item: ApprovalView }) {
  const { run, step, stage, commit, summary, author, waiting, approvals, can } = item
  if (useToken() === undefined) return null
  const card = { commit, summary, author }
  const approves = waiting.kind === 'approval' && approvals !== null && can.includes('approve')
  return (
    <>
      {approves && <ActionButton className="strong" label={`Approve for ${stage}…`} action={approve(run, stage, card, approvals.reason)} />}
      {!approves && can.includes('promote') && (
        <ActionButton className="strong" label={promoteLabel(stage, waiting.kind)} action={promote(run, stage, card, waiting.kind)} />
      )}
      <BypassButton item={item} />
      {can.includes('reject') && <ActionButton className="small" label="Reject…" action={reject(run, stage, card)} />}
      {can.includes('rerun') && (
        <Link className="button" href={`/runs/${encodeURIComponent(run)}?step=${encodeURIComponent(step)}`}>
          Decide…
        </Link>
      )}
    </>
  )
}
