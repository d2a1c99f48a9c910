import { useEffect, useRef, useState, type RefObject } from 'react'
import { useSearchParams } from 'wouter'
import { useFixed } from '../../api/query.ts'
import { useMay } from '../../api/rights.ts'
import type { WhatIfView } from '../../api/types.ts'
import { ActionButton, type Action } from '../../piece/action.tsx'
import { ProblemNote } from '../../piece/problem-note.tsx'
import { useKept } from '../use-kept.ts'
import { Answer } from './whatif-answer.tsx'
import { Bench } from './whatif-bench.tsx'
import { Sweep } from './whatif-sweep.tsx'
import { firstTrial, textOf } from './whatif-trial.ts'
import { Predictions } from './predictions.tsx'
import './whatif.css'

/** A slider moves faster than anything is worked out. */
const restMs = 160

function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs)
    return () => clearTimeout(timer)
  }, [value])
  return rested
}

/** A simulation is work for the server: it waits until somebody looks. */
function useSeen(ref: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    if (ref.current === null || seen) return undefined
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting === true && setSeen(true), { rootMargin: '100px' })
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [ref, seen])
  return seen
}

type Props = {
  readonly stream: string
  readonly order: readonly string[]
  /** The day from which it is looked, if not the newest. */ readonly asOf: string | undefined
}

/** Tries a change on a simulation of the stream's own history. */
export function WhatIfPanel({ stream, order, asOf }: Props) {
  const places = order.slice(1)
  const [search] = useSearchParams()
  const [trial, setTrial] = useState(() => firstTrial(search.get('try'), places))
  const change = useRested(textOf(trial))
  const base = `/api/whatif/${encodeURIComponent(stream)}`
  const at = asOf === undefined ? {} : { asOf: `${asOf}T23:59:59.999Z` }
  const may = useMay('operate')
  const panel = useRef<HTMLElement>(null)
  const path = useSeen(panel) ? `${base}?${new URLSearchParams({ change, ...at })}` : undefined
  const { data, problem, old } = useKept(useFixed<WhatIfView>(path), stream)
  return (
    <section ref={panel} id="what-if" className="panel flow-panel whatif" aria-label="What if">
      <h2>What if</h2>
      <p className="soft flow-told">
        A simulation of this stream’s own history with a change made to it: arrivals, times, batches and gates as they were, the same luck
        with and without. Limits hold it in 8 of 10 such windows.
      </p>
      <Bench trial={trial} places={places} onTry={setTrial} />
      <div className={old ? 'whatif-answer whatif-old' : 'whatif-answer'} aria-live="polite" aria-busy={old}>
        {data === undefined ? (
          problem === undefined ? (
            <p className="soft flow-none">Working it out…</p>
          ) : (
            <ProblemNote problem={problem} />
          )
        ) : (
          <Answer view={data} />
        )}
      </div>
      <div className="whatif-keep">
        {may && data?.cannotSay === null && trial.kind !== 'runners' && (
          <ActionButton className="small" label="Keep as a prediction…" action={keep(base, textOf(trial), at)} />
        )}
        <span className="soft">
          On the command line:{' '}
          <code>
            threeways whatif {stream} "{textOf(trial)}"
          </code>
        </span>
      </div>
      <Sweep base={base} at={at} />
      <Predictions stream={stream} />
    </section>
  )
}

function keep(path: string, change: string, at: Readonly<Record<string, string>>): Action {
  return {
    title: 'Keep as a prediction',
    explanation: (
      <p>
        <code>{change}</code> is recorded with what it is to do in the four weeks from{' '}
        {at['asOf'] === undefined ? 'now' : at['asOf'].slice(0, 10)} on. When they have passed, what happened stands beside it.
      </p>
    ),
    path,
    body: { change, ...at, ...(at['asOf'] === undefined ? {} : { since: at['asOf'] }) },
    reason: 'none',
    confirm: 'Keep it',
    done: 'The prediction is kept',
  }
}
