/** Cuts a server-sent event stream into the names of its events; comments (pings) come out as ''. Chunks may end anywhere. */
export function sseReader(onEvent: (name: string) => void): (chunk: string) => void {
  let rest = ''
  let name = 'message'
  let hasData = false
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
      if (line === '') {
        if (hasData) onEvent(name)
        name = 'message'
        hasData = false
      } else if (line.startsWith(':')) onEvent('')
      else if (line.startsWith('event:')) name = line.slice(6).trim()
      else if (line.startsWith('data:')) hasData = true
    }
  }
}
