import type { ReactNode } from 'react'
import { signalOf, wordFor, type State } from './state.ts'

const check = <path d="M4.6 8.4l2.3 2.3 4.6-5" />
const cross = <path d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2" />
const disc = <circle cx="8" cy="8" r="7" className="mark-fill" />
const plate = <rect x="1.2" y="1.2" width="13.6" height="13.6" rx="3" className="mark-fill" />
const ring = <circle cx="8" cy="8" r="6.2" />

/** Each state has its own shape, so that colour is never alone in saying it. */
const shapes: Record<State, ReactNode> = {
  pending: <circle cx="8" cy="8" r="6" strokeDasharray="2.2 2.5" />,
  queued: <circle cx="8" cy="8" r="6" strokeDasharray="2.2 2.5" />,
  waiting: (
    <>
      {ring}
      <path d="M6.4 5.6v4.8M9.6 5.6v4.8" />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6.2" opacity="0.3" />
      <path d="M8 1.8a6.2 6.2 0 0 1 6.2 6.2" className="mark-turn" />
      <circle cx="8" cy="8" r="2" className="mark-dot" />
    </>
  ),
  succeeded: (
    <>
      {disc}
      {check}
    </>
  ),
  verified: (
    <>
      {disc}
      {check}
    </>
  ),
  failed: (
    <>
      {plate}
      {cross}
    </>
  ),
  'rolled-back': (
    <>
      {plate}
      <path d="M6.6 4.2L4.2 6.6l2.4 2.4M4.4 6.6h4.4a2.5 2.5 0 0 1 0 5H7" />
    </>
  ),
  'needs-attention': (
    <>
      <path d="M8 1.3l7 12.9H1z" className="mark-fill" strokeWidth="0.8" />
      <path d="M8 6v3.4M8 11.7v.2" />
    </>
  ),
  held: (
    <>
      {plate}
      <path d="M6.3 5v6M9.7 5v6" />
    </>
  ),
  stopped: (
    <>
      <path d="M5.1 1.2h5.8l3.9 3.9v5.8l-3.9 3.9H5.1l-3.9-3.9V5.1z" className="mark-fill" strokeWidth="0.8" />
      <path d="M4.8 8h6.4" />
    </>
  ),
  cancelled: (
    <>
      {ring}
      <path d="M3.9 12.1l8.2-8.2" />
    </>
  ),
  skipped: (
    <>
      <circle cx="8" cy="8" r="6" strokeDasharray="2.2 2.5" />
      <path d="M5.4 8h5.2" />
    </>
  ),
}

/** The sign of a state. Says its word to a screen reader unless the word stands beside it. */
export function Mark({ state, worded = false, size = 16 }: { readonly state: State; readonly worded?: boolean; readonly size?: number }) {
  return (
    <svg
      className={`mark signal-${signalOf(state)}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(worded ? { 'aria-hidden': true } : { role: 'img', 'aria-label': wordFor(state) })}
    >
      {shapes[state]}
    </svg>
  )
}
