import { memo, type CSSProperties, type ReactNode } from 'react'
import type { Style } from './ansi.ts'
import type { LogLine } from './log-lines.ts'

/** One line with its colours, the searched text marked. Text only ever becomes text. */
export const LogText = memo(function LogText({ line, wanted }: { readonly line: LogLine; readonly wanted: string }) {
  if (line.pieces === undefined) return <span className="log-text">{marked(line.text, wanted)}</span>
  return (
    <span className="log-text">
      {line.pieces.map((piece, index) => (
        <span key={index} className={classesOf(piece.style)} style={colorsOf(piece.style)}>
          {marked(piece.text, wanted)}
        </span>
      ))}
    </span>
  )
})

function marked(text: string, wanted: string): ReactNode {
  if (wanted === '') return text
  const lower = text.toLowerCase()
  const parts: ReactNode[] = []
  let at = 0
  for (let found = lower.indexOf(wanted); found !== -1; found = lower.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), <mark key={found}>{text.slice(found, found + wanted.length)}</mark>)
    at = found + wanted.length
  }
  parts.push(text.slice(at))
  return parts
}

function classesOf(style: Style): string {
  const { bold, dim, italic, underline, strike } = style
  return [bold && 'log-bold', dim && 'log-dim', italic && 'log-italic', underline && 'log-underline', strike && 'log-strike']
    .filter(Boolean)
    .join(' ')
}

const css = (color: number | string) => (typeof color === 'number' ? `var(--ansi-${color})` : color)

function colorsOf({ fg, bg, inverse }: Style): CSSProperties {
  const front = fg === undefined ? undefined : css(fg)
  const back = bg === undefined ? undefined : css(bg)
  if (inverse) return { color: back ?? 'var(--log-ground)', backgroundColor: front ?? 'var(--log-ink)' }
  return { ...(front === undefined ? {} : { color: front }), ...(back === undefined ? {} : { backgroundColor: back }) }
}
