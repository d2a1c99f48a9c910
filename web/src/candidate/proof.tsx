import { useFixed } from '../api/query.ts'
import type { Attestations } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { Mark } from '../piece/mark.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'

const words: Readonly<Record<string, string>> = {
  provenance: 'How it was built',
  'test-result': 'Check',
  'verification-summary': 'Let in',
}

/** What was signed about a candidate, by whom, and whether it still holds. */
export function Proof({ digest }: { readonly digest: string }) {
  const { data, problem } = useFixed<Attestations>(`/api/candidates/${encodeURIComponent(digest)}/attestations`)
  return (
    <section className="panel" aria-labelledby="proof-title">
      <h2 id="proof-title">What is signed</h2>
      {data === undefined ? (
        problem === undefined ? (
          <p className="soft">Reading…</p>
        ) : problem.status === 404 ? (
          <p className="soft">Nothing. It is of a version that did not sign yet, or was not built here.</p>
        ) : (
          <ProblemNote problem={problem} />
        )
      ) : (
        <Signed proof={data} />
      )}
    </section>
  )
}

function Signed({ proof: { attestations, proof } }: { readonly proof: Attestations }) {
  const wrong = proof.findings.filter((finding) => finding.wrong !== null)
  return (
    <>
      <p className={proof.holds ? 'proof signal-go' : 'proof signal-stop'} role="status">
        <Mark state={proof.holds ? 'verified' : 'failed'} worded />{' '}
        <strong>{proof.holds ? 'All of it holds.' : 'It does not hold.'}</strong>{' '}
        {proof.components !== null && (
          <span className="soft">
            {proof.components} {proof.components === 1 ? 'component' : 'components'} in the bill of materials
          </span>
        )}
      </p>
      {wrong.map(({ what, wrong: why }) => (
        <p key={what + why} className="signal-stop proof-wrong">
          {what}: {why}
        </p>
      ))}
      <ul className="places">
        {attestations.map(({ statement, kind, stage, check, result, keyid, madeAt }) => (
          <li key={statement}>
            <strong>
              {[words[kind] ?? kind, check, stage === null ? null : `${check === null ? '' : 'in '}${stage}`].filter(Boolean).join(' ')}
            </strong>
            <span className={result === 'FAILED' ? 'signal-stop' : ''}>{result?.toLowerCase() ?? 'signed'}</span>
            <span className="soft">
              {keyid !== null && (
                <>
                  by key <code title={keyid}>{keyid.slice(0, 10)}</code>
                </>
              )}
              {madeAt !== null && (
                <>
                  , <Age since={madeAt} /> ago
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
