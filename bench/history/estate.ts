import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { seeded } from '../git/seeded.ts'

const head = 'time,environment,service,image_tag,previous_tag,automatic_deploys,promote,actor,commit\n'
const streamCount = 200
const until = Date.UTC(2026, 0, 1) / 1000

/**
 * Writes a table of an estate that does not exist, in the form of docs/maps/govuk-deployments.yaml: 200 services whose versions go through
 * three environments over four years, most of them within minutes; production leaves a fifth of them for the next, and goes back now and then.
 * The same seed writes the same table.
 */
export async function writeEstate(file: string, rows: number, seed = 1): Promise<void> {
  await pipeline(Readable.from(tableOf(rows, seed)), createWriteStream(file))
}

function* tableOf(rows: number, seed: number): Generator<string> {
  yield head
  const random = seeded(seed)
  const perStream = Math.ceil(rows / streamCount)
  // Of each version two environments and most of a third.
  const everySeconds = ((4 * 365 * 86_400) / perStream) * 2.8
  const begin = until - 4 * 365 * 86_400
  let left = rows
  for (let stream = 0; stream < streamCount; stream++) {
    let at = begin
    const lines: string[] = []
    const deploy = (when: number, environment: string, version: number, previous: number) =>
      lines.push(`${Math.round(when)},${environment},service-${stream},v${version},v${previous},,,bot,\n`)
    let running = 0
    for (let version = 1; lines.length < Math.min(perStream, left) && at < until - 86_400; version++) {
      at += -Math.log(1 - random()) * everySeconds
      deploy(at, 'integration', version, version - 1)
      deploy(at + 120 + random() * 600, 'staging', version, version - 1)
      if (random() < 0.8) {
        deploy(at + 800 + random() * 600, 'production', version, running)
        running = version
      }
      if (random() < 0.01) deploy(at + 7200, 'production', Math.max(1, running - 1), running)
    }
    left -= Math.min(lines.length, left)
    yield lines.slice(0, perStream).join('')
  }
}
