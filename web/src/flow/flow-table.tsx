import { useState, type ReactNode } from 'react'
import { useQuery } from '../api/query.ts'
import type { StreamFlowDetail, StreamFlowPicture, StreamKeysDetail } from '../api/types.ts'
import { DigestLink, short } from '../piece/digest.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { percent, plural, span } from './words.ts'

export const tables = ['versions', 'changes', 'ageing', 'deployments', 'back', 'failures', 'gates'] as const
export type Table = (typeof tables)[number]

const names: Record<Table, string> = {
  versions: 'Versions',
  changes: 'Changes',
  ageing: 'On their way',
  deployments: 'Deployments',
  back: 'Went back',
  failures: 'Failures',
  gates: 'Gates',
}

type Props = {
  readonly picture: StreamFlowPicture
  /** What the server is asked for the versions. */
  readonly query: string
  readonly show: Table
  readonly onShow: (table: Table) => void
}

/** The rows behind every number. */
export function FlowTable({ picture, query, show, onShow }: Props) {
  const { flow, deployments, ageing, closed } = picture
  const back = deployments.filter((one) => one.back)
  const counts: Record<Table, number | undefined> = {
    versions: flow.lead.versions,
    changes: undefined,
    ageing: ageing.total,
    deployments: flow.deployments,
    back: flow.back,
    failures: undefined,
    gates: closed.length,
  }
  const to = flow.order.at(-1)!
  return (
    <section className="panel flow-rows-panel" id="rows" aria-label="Rows">
      <div className="flow-tabs" role="tablist" aria-label="Rows of">
        {tables.map((table) => (
          <button key={table} type="button" role="tab" aria-selected={table === show} className="tab" onClick={() => onShow(table)}>
            {names[table]} <span className="soft">{counts[table]}</span>
          </button>
        ))}
      </div>
      {show === 'versions' && <Versions stream={flow.stream} query={query} asOf={flow.asOf} to={to} />}
      {show === 'changes' && <Changes stream={flow.stream} query={query} asOf={flow.asOf} to={to} />}
      {show === 'ageing' && (
        <Rows
          head={['Version', 'First seen', 'Waits for', 'Came to']}
          none={`Nothing is on its way to ${to}.`}
          rows={ageing.oldest.map(({ version, arrived, in: where }) => [
            <Version key="v" of={version} />,
            instantOf(arrived),
            span(Date.parse(flow.asOf) - Date.parse(arrived)),
            where,
          ])}
          total={ageing.total}
        />
      )}
      {(show === 'deployments' || show === 'back') && (
        <Rows
          head={[`Came to ${to}`, 'Version', 'New versions', '']}
          none={show === 'back' ? 'None went back in this window.' : 'No deployment in this window.'}
          rows={(show === 'back' ? back : deployments).map(({ at, version, batch, back: went }) => [
            instantOf(at),
            <Version key="v" of={version} />,
            flow.order.length < 2 ? '–' : String(batch),
            went ? (
              <span key="b" className="signal-stop flow-went">
                went back
              </span>
            ) : (
              ''
            ),
          ])}
          total={counts[show] ?? 0}
        />
      )}
      {show === 'failures' && <Failures stream={flow.stream} query={query} />}
      {show === 'gates' && (
        <Rows
          head={['Gate', 'Closed since', 'Until', 'For', 'By']}
          none="No gate was closed in this window."
          rows={closed.toReversed().map(({ environment, way, since, until, by }) => [
            way === 'into' ? `into ${environment}` : `onwards from ${environment}`,
            instantOf(since),
            until === null ? (
              <span key="u" className="signal-stop flow-went">
                still closed
              </span>
            ) : (
              instantOf(until)
            ),
            span(Date.parse(until ?? flow.asOf) - Date.parse(since)),
            by ?? '–',
          ])}
          total={closed.length}
        />
      )}
    </section>
  )
}

type VersionsProps = { readonly stream: string; readonly query: string; readonly asOf: string; readonly to: string }

function Versions({ stream, query, asOf, to }: VersionsProps) {
  const { data, problem } = useQuery<StreamFlowDetail>(`/api/flow/${encodeURIComponent(stream)}?${query}&rows=true`)
  const [longest, setLongest] = useState(false)
  if (data === undefined)
    return problem === undefined ? <p className="soft flow-none">Reading the versions…</p> : <ProblemNote problem={problem} />
  const took = ({ arrived, reached }: NonNullable<typeof data.rows>[number]) => Date.parse(reached ?? asOf) - Date.parse(arrived)
  const rows = longest ? (data.rows ?? []).toSorted((a, b) => took(b) - took(a)) : (data.rows ?? []).toReversed()
  return (
    <>
      <label className="flow-choice">
        <input type="checkbox" checked={longest} onChange={({ target }) => setLongest(target.checked)} /> longest first
      </label>
      <Rows
        head={['Version', 'First seen', 'Lead time', `Reached ${to}`, 'With']}
        none="No version was first seen in this window."
        rows={rows.map((row) => [
          <Version key="v" of={row.version} />,
          instantOf(row.arrived),
          row.reached === null ? (
            <span key="w" className="signal-wait flow-went">
              {span(took(row))}, on its way
            </span>
          ) : (
            span(took(row))
          ),
          row.reached === null ? '–' : instantOf(row.reached),
          row.by === null || row.by === row.version ? '' : <Version key="b" of={row.by} />,
        ])}
        total={rows.length}
      />
    </>
  )
}

/** Of the trunk, each with what it brought in. */
function Changes({ stream, query, asOf, to }: VersionsProps) {
  const { data, problem } = useQuery<StreamFlowDetail>(`/api/flow/${encodeURIComponent(stream)}?${query}&rows=true`)
  if (data === undefined)
    return problem === undefined ? <p className="soft flow-none">Reading the changes…</p> : <ProblemNote problem={problem} />
  const rows = (data.changes?.rows ?? []).toReversed()
  return (
    <Rows
      head={['Commit', 'What', 'Begun', 'Merged', `Reached ${to}`, 'Took', 'With']}
      none={
        data.changes === undefined
          ? 'No commits of it are known; `threeways import git` brings them in.'
          : 'No change was merged in this window.'
      }
      rows={rows.map(({ commit, subject, lines, begun, merged, reached, by, doubt }) => {
        const there = reached[to] ?? null
        return [
          <span key="c" className="mono" title={commit}>
            {short(commit)}
          </span>,
          <span key="s" className="flow-subject">
            {subject} {lines !== null && <span className="soft">{plural(lines, 'line')}</span>}
          </span>,
          instantOf(begun),
          instantOf(merged),
          there === null ? '–' : instantOf(there),
          there === null ? (
            <span key="w" className="signal-wait flow-went">
              {span(Date.parse(asOf) - Date.parse(begun))}, on its way
            </span>
          ) : (
            <span key="t">
              {span(Date.parse(there) - Date.parse(begun))}
              {doubt !== null && <span className="soft"> perhaps less</span>}
            </span>
          ),
          by === null ? '' : <Version key="b" of={by} />,
        ]
      })}
      total={rows.length}
    />
  )
}

const failureWords = { incident: 'incident', back: 'went back', failed: 'failed' }

/** What failed, and which deployments it came of, each as likely as it is. */
function Failures({ stream, query }: { readonly stream: string; readonly query: string }) {
  const { data, problem } = useQuery<StreamKeysDetail>(`/api/keys/${encodeURIComponent(stream)}?${query}&rows=true`)
  if (data === undefined)
    return problem === undefined ? <p className="soft flow-none">Reading the failures…</p> : <ProblemNote problem={problem} />
  const failures = data.failures ?? []
  return (
    <Rows
      head={['Failure', 'Began', 'Over', 'Lasted', 'Came of']}
      none={
        data.known.length === 0
          ? 'Nobody ever told of a failure here: no data, not none.'
          : 'No failure in this window came of a deployment of it.'
      }
      rows={failures.map(({ id, kind, summary, began, resolved, causes, none }) => [
        <span key="k">
          {failureWords[kind]} <span className="soft">{summary ?? (kind === 'incident' ? id : '')}</span>
        </span>,
        instantOf(began),
        resolved === null ? (
          <span key="r" className="signal-stop flow-went">
            not over
          </span>
        ) : (
          instantOf(resolved)
        ),
        span(Date.parse(resolved ?? data.asOf) - Date.parse(began)),
        <span key="c" className="flow-causes">
          {causes.slice(0, 3).map(({ deployment, version, stream: of, probability, reasons }) => (
            <span key={deployment} title={reasons.join('; ')}>
              {percent(probability)} <Version of={version} />
              {of !== stream && ` of ${of}`}
            </span>
          ))}
          {none >= 0.005 && <span className="soft">{percent(none)} none of them</span>}
        </span>,
      ])}
      total={failures.length}
    />
  )
}

/** Ours have a story; of others it is only known what they are called. */
function Version({ of }: { readonly of: string }) {
  return /^sha256:[0-9a-f]{64}$/.test(of) ? <DigestLink digest={of} /> : <span className="mono">{of}</span>
}

const instantOf = (at: string) => (
  <time key={at} dateTime={at} title={`${at} (UTC)`}>
    {at.slice(0, 10)} <span className="soft">{at.slice(11, 16)}</span>
  </time>
)

const shownFirst = 50

type RowsProps = {
  readonly head: readonly string[]
  readonly rows: readonly (readonly ReactNode[])[]
  readonly none: string
  /** Of all, where not all were told. */
  readonly total: number
}

function Rows({ head, rows, none, total }: RowsProps) {
  const [shown, setShown] = useState(shownFirst)
  if (rows.length === 0) return <p className="soft flow-none">{none}</p>
  return (
    <>
      <div className="flow-table-scroll" tabIndex={0} role="region" aria-label="Table of rows">
        <table className="rows">
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((cells, index) => (
              <tr key={index}>
                {cells.map((cell, at) => (
                  <td key={at} data-name={head[at]}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="soft flow-none">
        {rows.length > shown ? (
          <button type="button" className="button small" onClick={() => setShown(shown + 200)}>
            Show more, {Math.min(200, rows.length - shown)} of {rows.length - shown} left
          </button>
        ) : (
          total > rows.length && `${rows.length} of ${total}. All of them: GET /api/flow/…?rows=true, or threeways flow … --rows`
        )}
      </p>
    </>
  )
}
