import { useState } from 'react'
import { Link } from 'wouter'

/** The first characters that tell two apart, without the algorithm in front. */
export function short(digest: string, length = 7): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, length)
}

/** The router hands parts of the path on as they stand in the address or decoded; names are the same in both forms. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Where a candidate's story is told. */
export const candidateHref = (digest: string) => `/candidates/${encodeURIComponent(digest)}`
/** Where a flag and its life are. */
export const flagHref = (flag: string) => `/release/${encodeURIComponent(flag)}`
/** Where an experiment is read. */
export const experimentHref = (experiment: string) => `/experiments/${encodeURIComponent(experiment)}`
/** Where the line of a value stream is. */
export const lineHref = (stream: string) => `/lines/${encodeURIComponent(stream)}`

/** A candidate's short name, always leading to its story. */
export function DigestLink({ digest }: { readonly digest: string }) {
  return (
    <Link className="digest mono" href={candidateHref(digest)} title={`candidate ${digest}`}>
      {short(digest)}
    </Link>
  )
}

/** The same as on a station's departure board: when another candidate runs, the changed letters turn over. */
export function Flap({ digest }: { readonly digest: string }) {
  const [first] = useState(digest)
  const text = short(digest)
  return (
    <Link className={digest === first ? 'flap' : 'flap turning'} href={candidateHref(digest)} title={`candidate ${digest}`}>
      <span className="sr">{text}</span>
      <span aria-hidden="true">
        {[...text].map((letter, index) => (
          <i key={`${index}${letter}`} style={{ animationDelay: `${index * 45}ms` }}>
            {letter}
          </i>
        ))}
      </span>
    </Link>
  )
}
