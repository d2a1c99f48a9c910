import { Link } from 'wouter'
import { useToken } from '../api/session.ts'
import type { ApprovalView } from '../api/types.ts'
import { reject } from '../line/actions.tsx'
import { ActionButton } from '../piece/action.tsx'
import { LetIn } from './decisions.tsx'

/** Only what the asker may do, as the server says. */
export function InboxButtons({ item }: { readonly item: ApprovalView }) {
  const { run, step, stage, commit, summary, author, can } = item
  if (useToken() === undefined) return null
  return (
    <>
      <LetIn item={item} />
      {can.includes('reject') && (
        <ActionButton className="small" label="Reject…" action={reject(run, stage, { commit, summary, author })} />
      )}
      {can.includes('rerun') && (
        <Link className="button" href={`/runs/${encodeURIComponent(run)}?step=${encodeURIComponent(step)}`}>
          Decide…
        </Link>
      )}
    </>
  )
}
