/**
 * Sends single structured events over so many keep-alive connections, each one after the other's answer. Plain sockets: the load
 * should cost the machine as little as it can. Arguments: port, connections, seconds. Prints its figures as JSON.
 */
import { connect } from 'node:net'
import { delivery } from './delivery.ts'
import { percentile } from './percentile.ts'

const [port, connections, seconds] = process.argv.slice(2).map(Number) as [number, number, number]
const warmUpMs = 2_000

const events = delivery(`load-${process.pid}`)
// Written beforehand: the generator's work is not the server's.
const requests = Array.from({ length: Math.ceil((seconds + warmUpMs / 1000) * 20_000) }, () => {
  const body = JSON.stringify(events.next().value)
  return `POST /api/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/cloudevents+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
})

const times: number[] = []
let sent = 0
let acknowledged = 0
let failed = 0
const measured = performance.now() + warmUpMs
const end = measured + seconds * 1000

function client(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let start = 0
    const next = (): void => {
      start = performance.now()
      if (start >= end || sent >= requests.length) socket.end()
      else socket.write(requests[sent++]!)
    }
    let answer = ''
    socket.on('data', (data) => {
      answer += data.toString('latin1')
      // Small answers with a length: complete when the body is.
      const head = answer.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? Number.NaN)
      if (head < 0 || !(answer.length >= head + 4 + length)) return
      if (answer.startsWith('HTTP/1.1 201')) acknowledged++
      else failed++
      if (start >= measured) times.push(performance.now() - start)
      answer = ''
      next()
    })
    socket
      .on('connect', next)
      .on('close', () => resolve())
      .on('error', reject)
  })
}

await Promise.all(Array.from({ length: connections }, client))
console.log(
  JSON.stringify({ perSecond: times.length / seconds, p50: percentile(times, 50), p99: percentile(times, 99), failed, acknowledged }),
)
