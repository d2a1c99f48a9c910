import { useState } from 'react'
import { Link, useParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { FlagDetail, FlagView } from '../api/types.ts'
import { decoded, flagHref } from '../piece/digest.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { toFlags } from './board-rows.ts'
import { FlagEditor } from './flag-editor.tsx'
import { newFlagText } from './new-flag.ts'
import './release.css'
import './editor.css'

/** `/release/<flag>/edit`: a flag as its file has it, to be changed. */
export function EditFlagPage() {
  const { flag = '' } = useParams<{ flag: string }>()
  const name = decoded(flag)
  const { data, problem } = useQuery<FlagDetail>(`/api/flags/${encodeURIComponent(name)}`)
  useTitle(`Edit ${name}`)
  if (data === undefined)
    return problem === undefined ? <Loading what="the flag" rows={5} /> : <Failed what="flag" problem={problem} back={toFlags} />
  return (
    <div className="page release">
      <header className="page-title">
        <div>
          <Link className="soft" href={flagHref(name)}>
            {name}
          </Link>
          <h1>Edit {name}</h1>
        </div>
      </header>
      <FlagEditor key={name} before={data} start={data.text} />
    </div>
  )
}

/** `/new-flag`: one that is not there yet. */
export function NewFlagPage() {
  const { data, problem } = useQuery<{ readonly flags: readonly FlagView[] }>('/api/flags')
  useTitle('New flag')
  if (data === undefined) return problem === undefined ? <Loading what="the flags" rows={5} /> : <Failed what="flags" problem={problem} />
  return (
    <div className="page release">
      <header className="page-title">
        <div>
          <Link className="soft" href="/release">
            All flags
          </Link>
          <h1>New flag</h1>
        </div>
      </header>
      <NewFlag flags={data.flags} />
    </div>
  )
}

function NewFlag({ flags }: { readonly flags: readonly FlagView[] }) {
  // Of the moment at which the page was opened: what others publish meanwhile may not change what is being written.
  const [start] = useState(() => newFlagText(flags, new Date()))
  return <FlagEditor before={undefined} start={start} />
}
