import type { Incident } from './attribution/failures.ts'
import { orderOf, type Deployed } from './environments.ts'
import type { Past } from './past.ts'

const hourMs = 3_600_000
const t0 = Date.UTC(2026, 0, 1)
/** Hours after the first of January, in milliseconds. */
export const at = (hours: number) => t0 + hours * hourMs

/** A deployment, to production where nothing else is said. */
export type Line = readonly [hours: number, stream: string, version: string, environment?: string]
/** A past of these deployments, told of by one source. */
export function pastOf(lines: readonly Line[]): Past {
  const names = [...new Set(lines.map(([, stream]) => stream))]
  const deployment = ([hours, stream, version, environment = 'production']: Line) => ({
    environment,
    at: at(hours),
    version,
    back: false,
    source: '/imports/x',
    deployment: `${stream} ${version} ${hours}`,
  })
  const streams = new Map(
    names.map((stream) => [
      stream,
      {
        stream,
        deployments: lines
          .filter((line) => line[1] === stream)
          .map(deployment)
          .toSorted((a, b) => a.at - b.at),
      },
    ]),
  )
  const all: Deployed[] = lines.map(deployment)
  return { streams, order: orderOf(all), heard: new Map([['/imports/x', Math.max(...all.map((one) => one.at))]]), gates: new Map() }
}

/** One that is seen in production of the shop. */
export const incident = (hours: number, resolved: number | undefined, more: Partial<Incident> = {}): Incident => ({
  stream: 'shop',
  environment: 'production',
  incident: `INC-${hours}`,
  detected: at(hours),
  resolved: resolved === undefined ? undefined : at(resolved),
  began: undefined,
  version: undefined,
  summary: undefined,
  attributed: undefined,
  ...more,
})
