import { parseAnsi, plain, type Piece, type Style } from './ansi.ts'
import { columnsOfText } from './windowing.ts'

export type LogLine = {
  readonly text: string
  /** Undefined: all of it plain. */
  readonly pieces: readonly Piece[] | undefined
  /** Its number in the whole log, from 1. */
  readonly number: number
  /** What it takes in a fixed-width font. */
  readonly columns: number
}

const keptLines = 200_000
const keptChars = 24_000_000
/** A longer line is cut into several: one endless line must not stop the page. */
const longestLine = 8_000

/** A log as it comes in, by chunks that may end anywhere. Keeps the end of it; what was dropped is counted. */
export class LogLines {
  lines: LogLine[] = []
  /** Lines that were dropped from the start. */
  dropped = 0
  #chars = 0
  #open = ''
  #style: Style = plain
  /** True while the last line of `lines` is the unfinished one. */
  #openShown = false

  append(chunk: string): void {
    if (chunk === '') return
    this.#hideOpen()
    const parts = (this.#open + chunk).split('\n')
    this.#open = parts.pop() ?? ''
    for (const part of parts) this.#add(part)
    while (this.#open.length > longestLine) {
      this.#add(this.#open.slice(0, longestLine))
      this.#open = this.#open.slice(longestLine)
    }
    this.#showOpen()
    this.#drop()
  }

  get total(): number {
    return this.dropped + this.lines.length
  }

  #add(raw: string): void {
    for (let at = 0; at === 0 || at < raw.length; at += longestLine) this.#push(raw.slice(at, at + longestLine))
  }

  #push(raw: string): void {
    const [line, style] = read(raw, this.#style, this.total + 1)
    this.#style = style
    this.lines.push(line)
    this.#chars += line.text.length
  }

  #showOpen(): void {
    if (this.#open === '') return
    this.lines.push(read(this.#open, this.#style, this.total + 1)[0])
    this.#openShown = true
  }

  #hideOpen(): void {
    if (this.#openShown) this.lines.pop()
    this.#openShown = false
  }

  #drop(): void {
    let count = Math.max(0, this.lines.length - keptLines)
    let over = this.#chars - keptChars
    for (let index = 0; index < this.lines.length && (index < count || over > 0); index++) {
      const length = this.lines[index]!.text.length
      over -= length
      this.#chars -= length
      count = Math.max(count, index + 1)
    }
    if (count === 0) return
    this.lines = this.lines.slice(count)
    this.dropped += count
  }
}

/** A carriage return starts the line over, as progress bars do: what was written last stands. */
function read(raw: string, style: Style, number: number): readonly [LogLine, Style] {
  const ended = raw.endsWith('\r') ? raw.slice(0, -1) : raw
  const seen = expandTabs(ended.slice(ended.lastIndexOf('\r') + 1))
  if (style === plain && !/[\x00-\x1f\x7f]/.test(seen))
    return [{ text: seen, pieces: undefined, number, columns: columnsOfText(seen) }, style]
  const [pieces, next] = parseAnsi(seen, style)
  const text = pieces.map((piece) => piece.text).join('')
  return [{ text, pieces, number, columns: columnsOfText(text) }, next]
}

function expandTabs(text: string): string {
  return text.includes('\t') ? text.replaceAll('\t', '    ') : text
}
