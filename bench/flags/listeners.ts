import { request } from 'node:http'

/** Connections that hear of changes, as browsers keep them. */
export async function listen(url: URL, count: number, heard: (at: number) => void) {
  const open: { destroy(): void }[] = []
  await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<void>((resolve, reject) => {
          const asked = request(url, { headers: { accept: 'text/event-stream' } }, (response) => {
            let first = true
            response.setEncoding('utf8')
            response.on('data', (text: string) => {
              if (!text.includes('data: ')) return
              if (first) {
                first = false
                resolve()
              } else heard(performance.now())
            })
          })
          asked.on('error', reject)
          asked.end()
          open.push(asked)
        }),
    ),
  )
  return { close: () => open.forEach((one) => one.destroy()) }
}
