import type { Fault } from '../../kernel/errors.ts'

const bytesMax = 1024 * 1024

/** The file's text without its byte order mark, or the fault that keeps it from being read. */
export function decode(source: string | Uint8Array, file: string): string | Fault {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength
  if (size > bytesMax) {
    return {
      path: '',
      file,
      line: 1,
      column: 1,
      message: `is ${size} bytes long, more than the ${bytesMax} a definition may have`,
      help: 'is this the right file?',
    }
  }
  const text = (typeof source === 'string' ? source : new TextDecoder().decode(source)).replace(/^\uFEFF/, '')
  const bad = text.search(/\uFFFD|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/)
  if (bad === -1) return text
  const before = text.slice(0, bad).split('\n')
  return {
    path: '',
    file,
    line: before.length,
    column: before.at(-1)!.length + 1,
    message: 'is not UTF-8 from here on',
    help: 'save the file as UTF-8',
  }
}
