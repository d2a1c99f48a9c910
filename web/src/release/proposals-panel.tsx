import { Link } from 'wouter'
import { useQuery } from '../api/query.ts'
import { useMay } from '../api/rights.ts'
import type { FlagProposal } from '../api/types.ts'
import { ActionButton, type Action } from '../piece/action.tsx'
import { Age } from '../piece/age.tsx'
import { flagHref } from '../piece/digest.tsx'
import { Would } from './would.tsx'

/** Changes of flags that wait for others to agree. @param only - of this flag; left out: of all */
export function ProposalsPanel({ only }: { readonly only?: string }) {
  const { data } = useQuery<{ readonly proposals: readonly FlagProposal[] }>('/api/flag-proposals')
  const acting = useMay('operate')
  const waiting = data?.proposals.filter(({ flags }) => only === undefined || flags.includes(only)) ?? []
  if (waiting.length === 0) return null
  return (
    <section className="panel flag-proposals" aria-label="Waits for somebody to agree">
      <h2>Waits for somebody to agree</h2>
      <ul>
        {waiting.map((one) => (
          <ProposalRow key={one.proposal} proposal={one} acting={acting} named={only === undefined} />
        ))}
      </ul>
    </section>
  )
}

type Props = { readonly proposal: FlagProposal; readonly acting: boolean; readonly named: boolean }

function ProposalRow({ proposal, acting, named }: Props) {
  const { by, at, reason, flags, agreed, change, would, outdated } = proposal
  return (
    <li>
      <p>
        {named &&
          flags.map((flag) => (
            <span key={flag}>
              <Link href={flagHref(flag)}>{flag}</Link>{' '}
            </span>
          ))}
        <strong>{by}</strong> proposes: <span className="spread">{reason}</span>{' '}
        <span className="soft">
          <Age since={at} /> ago{agreed.length === 0 ? '' : `; ${agreed.map((one) => one.by).join(', ')} agreed`}
        </span>
      </p>
      <details>
        <summary>What it would publish</summary>
        <pre className="flag-proposed">{textOf(change)}</pre>
      </details>
      {outdated !== null && <p className="flag-wrong">It is outdated: {outdated}. Propose it anew, and turn this one down.</p>}
      {would.map((preview) => (
        <div key={preview.flag} className="flag-would">
          {preview.revision > 0 && preview.changed.fields.length > 0 && (
            <p>
              Changed{named ? ` of ${preview.flag}` : ''}: <strong>{preview.changed.fields.join(', ')}</strong>.
            </p>
          )}
          <Would preview={preview} before={undefined} />
        </div>
      ))}
      {acting && (
        <div className="flag-buttons">
          {outdated === null && <ActionButton className="small strong" label="Agree…" action={agreeing(proposal)} />}
          <ActionButton className="small" label="Turn down…" action={turningDown(proposal)} />
        </div>
      )}
    </li>
  )
}

/** As it was proposed: files as they are, a wish in its own words. */
function textOf(change: unknown): string {
  const { kind, files, flag, wish } = change as {
    readonly kind: 'set' | 'stand'
    readonly files?: readonly { readonly document: string; readonly file: string }[]
    readonly flag?: string
    readonly wish?: object
  }
  if (kind === 'set') return files!.map(({ document, file }) => `# ${file}\n${document}`).join('\n')
  return `${flag}: ${JSON.stringify(wish, null, 2)}`
}

const pathOf = ({ proposal }: FlagProposal, what: string) => `/api/flag-proposals/${encodeURIComponent(proposal)}/${what}`

const agreeing = (proposal: FlagProposal): Action => ({
  title: `Agree to a change of ${proposal.flags.join(', ')}`,
  explanation: <p>It is published as it was proposed, as soon as enough others agreed. {proposal.by} proposed it.</p>,
  path: pathOf(proposal, 'agree'),
  reason: 'optional',
  confirm: 'Agree',
  done: 'Agreed',
})

const turningDown = (proposal: FlagProposal): Action => ({
  title: `Turn down a change of ${proposal.flags.join(', ')}`,
  explanation: <p>It is closed, and nothing is published.</p>,
  path: pathOf(proposal, 'turn-down'),
  reason: 'required',
  confirm: 'Turn it down',
  done: 'Turned down',
})
