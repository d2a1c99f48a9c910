/** One message of a stream of server-sent events. */
export type Message = { readonly event: string; readonly data: string }

const messageMax = 1024 * 1024

/**
 * The messages in a stream's text (HTML standard, 9.2.6); comments, which keep the line alive, come as undefined.
 * @throws Error a message longer than 1 MiB
 */
export async function* messagesOf(parts: AsyncIterable<string>): AsyncGenerator<Message | undefined, void> {
  let rest = ''
  let event = 'message'
  let data: string[] = []
  for await (const part of parts) {
    rest += part
    if (rest.length > messageMax) throw new Error('a message is longer than 1 MiB')
    // A return at the end may be half of a line's end.
    const held = rest.endsWith('\r') ? '\r' : ''
    const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/)
    rest = lines.pop()! + held
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') }
        event = 'message'
        data = []
      } else if (line.startsWith(':')) yield undefined
      else {
        const [field, value] = fieldOf(line)
        if (field === 'event') event = value
        else if (field === 'data') data.push(value)
      }
    }
  }
}

function fieldOf(line: string): readonly [field: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value]
}
