import { useQuery } from '../api/query.ts'
import { useToken } from '../api/session.ts'
import type { ApprovalView } from '../api/types.ts'
import { approve, bypass, promote, promoteLabel } from '../line/actions.tsx'
import { ActionButton } from '../piece/action.tsx'
import { passableOf } from '../piece/waiting.tsx'

type OfItem = { readonly item: ApprovalView; /** Of the button that lets in. */ readonly className?: string }

/** Lets something in that waits: what the server's policy grants to the asker, and nothing else. */
export function LetIn({ item, className = 'strong' }: OfItem) {
  const { run, stage, commit, summary, author, waiting, also, approvals, can } = item
  const card = { commit, summary, author }
  const gates = passableOf([waiting, ...also])
  const approves = waiting.kind === 'approval' && approvals !== null && can.includes('approve')
  return (
    <>
      {approves && (
        <ActionButton className={className} label={`Approve for ${stage}…`} action={approve(run, stage, card, approvals.reason)} />
      )}
      {!approves && can.includes('promote') && (
        <ActionButton className={className} label={promoteLabel(stage, waiting.kind)} action={promote(run, stage, card, waiting.kind)} />
      )}
      {gates.length > 0 && can.includes('bypass') && (
        <ActionButton className="small" label="Bypass…" action={bypass(run, stage, card, gates)} />
      )}
    </>
  )
}

/** Who may, where there is no button: for a visitor, or because it is not theirs. */
export function MayAct({ item: { can, who } }: { readonly item: ApprovalView }) {
  const acting = useToken() !== undefined
  return <span className="soft">{acting && can.length === 0 ? `Not yours to decide: ${who}` : `May act: ${who}`}</span>
}

type Props = { readonly stream: string; readonly run: string; readonly stage: string | null; readonly className?: string }

/** The same where a delivery is shown: the server is asked what the visitor may. */
export function DecisionsOf({ stream, run, stage, className = 'strong' }: Props) {
  const acting = useToken() !== undefined
  const path = acting ? `/api/approvals?stream=${encodeURIComponent(stream)}` : undefined
  const { data } = useQuery<{ readonly approvals: readonly ApprovalView[] }>(path)
  const item = data?.approvals.find((one) => one.run === run && one.stage === stage)
  if (item === undefined) return null
  return (
    <div className="decisions">
      <LetIn item={item} className={className} />
      {item.can.length === 0 && <MayAct item={item} />}
    </div>
  )
}
