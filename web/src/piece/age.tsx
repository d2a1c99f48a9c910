import { useSyncExternalStore } from 'react'
import { age, clock, dayOf, duration, timeOfDay } from './time.ts'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** One timer for every age on the page; it runs only while there is one. */
function everySecond(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => listeners.forEach((tell) => tell()), 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Text that depends on the time; renders again only when the text is another one. */
export function useTicking(text: (now: number) => string): string {
  return useSyncExternalStore(everySecond, () => text(Date.now()))
}

const forms = { age, clock, duration }

/** Time since an instant, ticking, with the exact time on hover. */
export function Age({ since, form = 'age' }: { readonly since: string; readonly form?: keyof typeof forms }) {
  const text = useTicking((now) => forms[form](now - Date.parse(since)))
  return (
    <time className="age" dateTime={since} title={`${dayOf(since)}, ${timeOfDay(since)}`}>
      {text}
    </time>
  )
}

/** From start to end, or ticking while there is no end. */
export function Took({ from, to }: { readonly from: string; readonly to: string | null }) {
  const text = useTicking((now) => duration((to === null ? Math.floor(now / 1000) * 1000 : Date.parse(to)) - Date.parse(from)))
  return <span className="age">{text}</span>
}
