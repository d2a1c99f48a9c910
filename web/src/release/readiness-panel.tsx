import { useQuery } from '../api/query.ts'
import type { Readiness } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { Rehearsed } from '../piece/rehearsed.tsx'

/** Whether rehearsals show that it may leave the dark, and what stands against it. */
export function ReadinessPanel({ flag, environment }: { readonly flag: string; readonly environment: string }) {
  const { data, problem } = useQuery<Readiness>(
    `/api/flags/${encodeURIComponent(flag)}/readiness?environment=${encodeURIComponent(environment)}`,
  )
  if (data === undefined) return problem === undefined ? null : <ProblemNote problem={problem} />
  const { since, why, timeouts, dropped } = data
  return (
    <Rehearsed said={data}>
      Counted since {why}, <Age since={since} /> ago
      {timeouts > 0 && `; ${timeouts} took too long`}
      {dropped > 0 && `; ${dropped} were left out`}.
    </Rehearsed>
  )
}
