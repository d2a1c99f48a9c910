import { useDeferredValue, useEffect, useId, useState } from 'react'
import { useLocation } from 'wouter'
import { useFixed } from '../api/query.ts'
import type { Found } from '../api/types.ts'
import { Age } from '../piece/age.tsx'
import { Dialog } from '../piece/dialog.tsx'
import { flowHref } from '../flow/window.ts'
import { candidateHref, experimentHref, flagHref, lineHref } from '../piece/digest.tsx'
import { Icon, type IconName } from '../piece/icon.tsx'
import { ProblemNote } from '../piece/problem-note.tsx'
import { useShortcut } from '../shell/keyboard.ts'
import './search.css'

/** The box in the header: `/` or Ctrl-K opens it from everywhere. */
export function SearchButton() {
  const [open, setOpen] = useState(false)
  useShortcut('/', 'search everything (Ctrl K)', () => setOpen(true))
  return (
    <>
      <button type="button" className="search-button" onClick={() => setOpen(true)} aria-haspopup="dialog" aria-label="Search">
        <Icon name="search" />
        <span>Search</span>
        <kbd>/</kbd>
      </button>
      {open && <Search onClose={() => setOpen(false)} />}
    </>
  )
}

type Hit = {
  readonly key: string
  readonly href: string
  readonly icon: IconName
  readonly kind: string
  readonly title: string
  readonly detail: string
  readonly at: string | null
}

const kinds: Record<Found['kind'], { readonly word: string; readonly icon: IconName; readonly href: (found: Found) => string }> = {
  stream: { word: 'service', icon: 'services', href: ({ id }) => lineHref(id) },
  history: { word: 'value stream', icon: 'flow', href: ({ id }) => flowHref(id) },
  environment: { word: 'environment', icon: 'places', href: ({ id }) => `/environments/${id}` },
  candidate: { word: 'candidate', icon: 'box', href: ({ id }) => candidateHref(id) },
  run: { word: 'delivery', icon: 'run', href: ({ id }) => `/runs/${encodeURIComponent(id)}` },
  stop: { word: 'stop', icon: 'octagon', href: ({ stream, state }) => (state === 'open' ? '/stops' : lineHref(stream)) },
  flag: { word: 'flag', icon: 'flag', href: ({ id }) => flagHref(id) },
  experiment: { word: 'experiment', icon: 'flag', href: ({ id }) => experimentHref(id) },
}

const pages: readonly Hit[] = [
  ['Services', '/', 'services'],
  ['Approvals', '/approvals', 'inbox'],
  ['Stops', '/stops', 'octagon'],
  ['Environments', '/environments', 'places'],
  ['Flow', '/flow', 'flow'],
  ['Deployed together', '/coupling', 'flow'],
  ['Recovery', '/recovery', 'flow'],
  ['Release', '/release', 'flag'],
  ['Experiments', '/experiments', 'flag'],
].map(([title, href, icon]) => ({ key: href!, href: href!, icon: icon as IconName, kind: 'page', title: title!, detail: '', at: null }))

function hitOf(found: Found): Hit {
  const { kind, id, title, detail, stream, at, state } = found
  const { word, icon, href } = kinds[kind]
  const said = [kind === 'stream' || kind === 'history' || kind === 'environment' ? '' : stream, detail, state ?? '']
    .filter(Boolean)
    .join(' · ')
  return { key: `${kind} ${id}`, href: href(found), icon, kind: word, title, detail: said, at }
}

const pauseMs = 110

function Search({ onClose }: { readonly onClose: () => void }) {
  const [, navigate] = useLocation()
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), pauseMs)
    return () => clearTimeout(timer)
  }, [typed])
  const { data, problem } = useFixed<{ readonly found: readonly Found[] }>(
    asked === '' ? undefined : `/api/search?q=${encodeURIComponent(asked)}`,
  )
  // The old hits stay until the new ones are there: nothing jumps.
  const [kept, setKept] = useState<readonly Found[]>([])
  if (data !== undefined && data.found !== kept) setKept(data.found)
  const words = useDeferredValue(typed).trim().toLowerCase()
  const hits = words === '' ? pages : [...pages.filter(({ title }) => title.toLowerCase().startsWith(words)), ...kept.map(hitOf)]
  const chosen = Math.min(at, hits.length - 1)
  const go = (hit: Hit | undefined) => {
    if (hit === undefined) return
    onClose()
    navigate(hit.href)
  }
  // Whoever types and presses Enter at once means what is found for that, not what still stands there from before.
  const isFound = words === typed.trim().toLowerCase() && (words === '' || (asked === typed.trim() && data !== undefined))
  const [goes, setGoes] = useState(false)
  useEffect(() => {
    if (goes && isFound) go(hits[chosen])
  })
  return (
    <Dialog title="Search" onClose={onClose} className="search-dialog">
      <input
        className="search-input"
        type="search"
        role="combobox"
        aria-label="Search"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={hits.length === 0 ? undefined : `${listId}-${chosen}`}
        placeholder="Services, flags, experiments, commits, candidates, deliveries, stops"
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={typed}
        onChange={(event) => (setTyped(event.target.value), setAt(0), setGoes(false))}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
          if (by !== 0) {
            event.preventDefault()
            setAt((chosen + by + hits.length) % Math.max(1, hits.length))
          } else if (event.key === 'Enter') setGoes(true)
        }}
      />
      {problem !== undefined && <ProblemNote problem={problem} />}
      <ul className="search-hits" role="listbox" id={listId} aria-label="Found">
        {hits.map((hit, index) => (
          <HitLine
            key={hit.key}
            hit={hit}
            id={`${listId}-${index}`}
            chosen={index === chosen}
            onGo={() => go(hit)}
            onPoint={() => setAt(index)}
          />
        ))}
      </ul>
      {hits.length === 0 && (
        <p className="soft search-none">{data === undefined && problem === undefined ? 'Looking…' : `Nothing is called “${typed}”.`}</p>
      )}
    </Dialog>
  )
}

type LineProps = {
  readonly hit: Hit
  readonly id: string
  readonly chosen: boolean
  readonly onGo: () => void
  readonly onPoint: () => void
}

function HitLine({ hit, id, chosen, onGo, onPoint }: LineProps) {
  return (
    <li
      id={id}
      role="option"
      aria-selected={chosen}
      ref={(line) => void (chosen && line?.scrollIntoView({ block: 'nearest' }))}
      onPointerMove={onPoint}
      onClick={onGo}
    >
      <Icon name={hit.icon} />
      <span className="search-title">{hit.title}</span>
      <span className="soft search-detail">{hit.detail}</span>
      {hit.at !== null && <Age since={hit.at} />}
      <span className="search-kind">{hit.kind}</span>
    </li>
  )
}
