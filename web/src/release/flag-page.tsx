import { Link, useParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import type { FlagDetail } from '../api/types.ts'
import { decoded } from '../piece/digest.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import './release.css'

/** `/release/<flag>`: how one flag stands, and its life. */
export function FlagPage() {
  const { flag = '' } = useParams<{ flag: string }>()
  const name = decoded(flag)
  const { data, problem } = useQuery<FlagDetail>(`/api/flags/${encodeURIComponent(name)}`)
  useTitle(name)
  if (data === undefined) return problem === undefined ? <Loading what="the flag" rows={5} /> : <Failed what="flag" problem={problem} />
  return (
    <div className="page">
      <header className="page-title">
        <div>
          <h1 className="spread">{data.flag}</h1>
          <p className="soft">{data.description}</p>
        </div>
        <Link href="/release">All flags</Link>
      </header>
    </div>
  )
}
