import { useEffect, useState, type FormEvent } from 'react'
import { Link } from 'wouter'
import { onChange } from '../api/live.ts'
import { asProblem, type Problem } from '../api/problem.ts'
import { request } from '../api/request.ts'
import type { Why } from '../api/types.ts'
import { flagHref } from '../piece/digest.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { attributesIn } from './attributes.ts'

type Question = { readonly environment: string; readonly context: Readonly<Record<string, unknown>> }
type Answer = { readonly rows: readonly Why[]; readonly problem: Problem | undefined }

async function asked({ environment, context }: Question): Promise<readonly Why[]> {
  const response = await request(`/api/flag-sets/${encodeURIComponent(environment)}/why`, {
    method: 'POST',
    body: JSON.stringify({ context }),
    headers: { 'content-type': 'application/json' },
  })
  return ((await response.json()) as { readonly flags: readonly Why[] }).flags
}

/** Asked again whenever something changed: who gets what is true now. */
function useWhy(question: Question | undefined): Answer {
  const [answer, setAnswer] = useState<Answer>({ rows: [], problem: undefined })
  useEffect(() => {
    if (question === undefined) return undefined
    let over = false
    const ask = () =>
      void asked(question)
        .then((rows) => over || setAnswer({ rows, problem: undefined }))
        .catch((error: unknown) => over || setAnswer({ rows: [], problem: asProblem(error) }))
    ask()
    const deaf = onChange(ask)
    return () => {
      over = true
      deaf()
    }
  }, [question])
  return answer
}

type Props = {
  readonly environments: readonly string[]
  /** Undefined: every flag. */
  readonly only?: string
}

/** What somebody gets, and which rule decided. */
export function WhyPanel({ environments, only }: Props) {
  const [question, setQuestion] = useState<Question>()
  const [wrong, setWrong] = useState<string>()
  const { rows, problem } = useWhy(question)
  const ask = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const read = attributesIn(text('attributes'))
    if ('wrong' in read) return setWrong(read.wrong)
    setWrong(undefined)
    setQuestion({ environment: text('environment'), context: { ...read.context, targetingKey: text('unit') } })
  }
  const shown = only === undefined ? rows : rows.filter(({ flag }) => flag === only)
  return (
    <section className="panel flag-why" aria-label="Who gets what">
      <h2>Who gets what</h2>
      <form onSubmit={ask}>
        <label className="field">
          <span>Unit</span>
          <input className="input" name="unit" placeholder="ada" autoComplete="off" spellCheck={false} required />
        </label>
        <label className="field flag-attributes">
          <span>Attributes (optional)</span>
          <input className="input mono" name="attributes" placeholder="country=DE, age=31" autoComplete="off" spellCheck={false} />
        </label>
        <label className="field">
          <span>Environment</span>
          <select className="input" name="environment" defaultValue={environments.includes('production') ? 'production' : undefined}>
            {environments.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="submit" className="button strong">
          Ask
        </button>
      </form>
      {wrong !== undefined && (
        <p className="signal-stop flag-wrong" role="alert">
          “{wrong}” is no attribute: write country=DE, age=31, and text with blanks or that reads as a number as zip="01234"
        </p>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {shown.length > 0 && <WhyTable rows={shown} />}
    </section>
  )
}

function WhyTable({ rows }: { readonly rows: readonly Why[] }) {
  return (
    <div className="flag-scroll">
      <table className="flag-numbers flag-answers">
        <thead>
          <tr>
            {['Flag', 'Gets', 'Rule that decided', 'Reason', 'State', 'Revision'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ flag, variant, value, rule, reason, state, revision, error, words }) => (
            <tr key={flag}>
              <th scope="row">
                <Link href={flagHref(flag)}>{flag}</Link>
              </th>
              <td title={JSON.stringify(value)}>
                <strong>{variant ?? '–'}</strong>
              </td>
              <td className="mono">{rule === 'default' ? '–' : rule}</td>
              <td>{error ?? words ?? reason.toLowerCase().replaceAll('_', ' ')}</td>
              <td>{state ?? '–'}</td>
              <td>{revision ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
