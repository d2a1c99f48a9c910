import type { RunView } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { Mark } from '../piece/mark.tsx'

const words = { soak: 'soak time', shadow: 'copies of requests', window: 'change window' }

/** Gates that open by themselves, that a person let it pass, and why. */
export function Bypasses({ run: { bypasses } }: { readonly run: RunView }) {
  return bypasses.map(({ stage, gate, by, reason, at }) => (
    <p key={stage + gate + by} className="run-state signal-wait">
      <Mark state="needs-attention" worded size={20} />
      <strong>
        {words[gate]} of {stage} bypassed
      </strong>
      <span className="run-message">
        by {by}, <Age since={at} /> ago: {reason}
      </span>
    </p>
  ))
}
