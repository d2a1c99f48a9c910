import type { ConstraintView } from '../../flow/constraint/schemas.ts'
import type { BoardRow, ChangesView, StreamFlowPicture } from '../../flow/measures/schemas.ts'
import { formatDuration } from '../../kernel/duration.ts'
import { isStale, newestOf, seenTold } from '../last-heard.ts'
import { html, type Markup } from './markup.ts'
import { curves, shares, spark } from './plots.ts'
import { style } from './style.ts'

export type Told = {
  readonly constraint: ConstraintView
  readonly picture: StreamFlowPicture
  /** Undefined: no flag hides any of its changes. */
  readonly released: ChangesView['released']
}

export type Report = {
  readonly title: string
  /** RFC 3339. */
  readonly madeAt: string
  readonly streams: readonly BoardRow[]
  /** Of all streams taken together; null: too early, or no data. */
  readonly perWeek: number | null
  /** Some of them in full, by name. */
  readonly inFull: readonly Told[]
  readonly constraints: ReadonlyMap<string, Pick<ConstraintView, 'constraint' | 'cannotSay'>>
}

/** How changes flow, as one page that needs nothing else. */
export function pageOf(report: Report): string {
  const { title, streams, inFull } = report
  const body = html`<header>
      <h1>${title}</h1>
      <p class="soft">${seenTold(streams)} Made on ${report.madeAt.slice(0, 10)} by Threeways.</p>
    </header>
    ${figures(report)}
    ${
      inFull.length > 0 &&
      html`<h2>Where time is lost</h2>
        <p>
          An improvement anywhere else than at the constraint gains next to nothing. These are the streams whose versions take longest,
          those first of which it can be said where.
        </p>
        ${inFull.map(story)}`
    }
    <h2>Every value stream</h2>
    ${table(report)}
    <h2>What the numbers mean</h2>
    ${meanings(inFull.flatMap(({ released }) => released?.definition ?? [])[0])}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${html`${title}`.text}</title><style>${style}</style></head>
<body>${body.text}</body></html>
`
}

function figures({ streams, perWeek, constraints }: Report): Markup {
  const sum = (of: (one: BoardRow) => number) => streams.reduce((total, one) => total + of(one), 0)
  const versions = sum(({ lead }) => lead.versions)
  const reached = sum(({ lead }) => lead.reached)
  const named = [...constraints.values()].flatMap(({ constraint }) => constraint ?? [])
  const told: readonly (readonly [string | number, string])[] = [
    withNoun(streams.length, 'value stream', 'value streams'),
    [perWeek === null ? 'too early' : Math.round(perWeek).toLocaleString('en'), 'deployments a week to where they lead'],
    [versions === 0 ? 'no data' : `${Math.round((reached / versions) * 100)} %`, `of ${versions.toLocaleString('en')} versions arrived`],
    withNoun(
      sum(({ back }) => back),
      'deployment went back',
      'deployments went back',
    ),
    withNoun(
      sum(({ closed }) => closed),
      'gate is closed',
      'gates are closed',
    ),
    [
      `${named.length}`,
      `streams have a constraint that can be named, ${named.filter(({ cause }) => cause === 'gate').length} of them a closed gate`,
    ],
  ]
  return html`<ul class="figures">
    ${told.map(([value, name]) => html`<li><b>${value}</b>${name}</li>`)}
  </ul>`
}

const withNoun = (count: number, one: string, many: string) => [count.toLocaleString('en'), count === 1 ? one : many] as const

const time = (ms: number | null) => (ms === null ? 'never' : formatDuration(ms))
const times = (lead: BoardRow['lead'], ms: number | null) => (lead.versions === 0 ? 'no data' : time(ms))

function story({ constraint, picture, released }: Told): Markup {
  const { flow, before, curve, curveBefore } = picture
  const most = constraint.constraint
  const parts = constraint.legs.flatMap(({ from, to, share }) =>
    share === null ? [] : [{ name: `${from} → ${to}`, share, isMost: most !== null && from === most.from && to === most.to }],
  )
  const then = before === null || before.lead.versions === 0 ? '' : ` (the window before: ${time(before.lead.p50.value)})`
  return html`<article id="${flow.stream}">
    <h3>${flow.stream} <span class="soft">${flow.order.join(' → ')}</span></h3>
    <p>
      ${arriving('Half', flow.lead, flow.lead.p50.value)}${then}, ${arriving('85 %', flow.lead, flow.lead.p85.value)}; ${flow.lead.reached}
      of ${flow.lead.versions} have.
    </p>
    ${released !== undefined && released.hidden > 0 && releases(released)} ${parts.length > 0 && shares(parts)}
    <div>
      <section>${constraint.sentences.map((sentence, at) => html`<p class="${at === 0 ? '' : 'soft'}">${sentence}</p>`)}</section>
      <section>
        ${curves(curve, curveBefore)}
        <p class="soft">Share that had arrived by when, with limits at 95 %; dashed: the window before.</p>
      </section>
    </div>
  </article>`
}

/** Fewer than so many arrived for as long as anybody watched. */
function arriving(share: 'Half' | '85 %', lead: BoardRow['lead'], ms: number | null): Markup {
  if (lead.versions > 0 && ms === null) return html`${share === 'Half' ? 'Fewer than half of its versions' : 'fewer than 85 %'} arrive`
  return html`${share === 'Half' ? 'Half of its versions arrive' : '85 %'} within <b>${times(lead, ms)}</b>`
}

function releases(released: NonNullable<ChangesView['released']>): Markup {
  const { hidden, arrived, toFirst, withdrawnNow } = released
  const off = withdrawnNow === 0 ? '' : `; ${withdrawnNow} of them nobody gets any more`
  return html`<p>
    ${released.fromBegun.p50.value === null ? html`Users do not get half of its changes yet.` : html`Users get half of its changes within <b>${time(released.fromBegun.p50.value)}</b> from the first commit.`}
    ${hidden} are behind flags: ${arrived} of them reached ${released.in}, ${released.released} were released${off}.
    ${
      arrived > 0 &&
      (toFirst.p50.value === null
        ? html`Fewer than half of those got to them from ${released.in} on.`
        : html`From ${released.in} on, half of those take <b>${time(toFirst.p50.value)}</b>.`)
    }
  </p>`
}

const heads = [
  'Stream',
  'Constraint',
  'A week',
  'Half within',
  '95 % limits',
  '85 %',
  '95 %',
  'Arrived',
  '1 min … 12 wk',
  'Batch',
  'Largest',
  'Back',
  'Closed gates',
]

function table({ streams, constraints, inFull }: Report): Markup {
  const newest = newestOf(streams)
  const described = new Set(inFull.map(({ constraint }) => constraint.stream))
  const rows = streams.map((one) => {
    const { stream, lead, batch, back, closed, perWeek } = one
    const number = (value: number | null) => (value === null ? html`<span class="soft">no data</span>` : Number(value.toFixed(1)))
    const found = constraints.get(stream)
    const named = found?.constraint
      ? `${found.constraint.from} → ${found.constraint.to}${found.constraint.cause === 'gate' ? ' (gate)' : ''}`
      : 'cannot say'
    return html`<tr>
      <td>
        ${described.has(stream) ? html`<a href="#${stream}">${stream}</a>` : stream}
        ${isStale(one, newest) && html`<span class="soft">until ${one.asOf.slice(0, 10)}</span>`}
      </td>
      <td class="text" title="${found?.cannotSay ?? ''}">${found?.constraint ? named : html`<span class="soft">${named}</span>`}</td>
      <td>${perWeek === null ? html`<span class="soft">too early</span>` : perWeek.toFixed(1)}</td>
      <td><b>${times(lead, lead.p50.value)}</b></td>
      <td class="soft">${lead.versions === 0 ? '' : `${time(lead.p50.low)} – ${time(lead.p50.high)}`}</td>
      <td>${times(lead, lead.p85.value)}</td>
      <td>${times(lead, lead.p95.value)}</td>
      <td>${lead.reached}/${lead.versions}</td>
      <td>${spark(one)}</td>
      <td>${number(batch.p50)}</td>
      <td>${number(batch.max)}</td>
      <td>${back === 0 ? '' : back}</td>
      <td>${closed === 0 ? '' : html`<span class="stop">${closed}</span>`}</td>
    </tr>`
  })
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${heads.map((head, at) => html`<th class="${at === 1 ? 'text' : ''}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

/** @param released - what that means, where flags hide changes of any of them */
const meanings = (released: string | undefined) => html`<dl>
  <dt>Half within, 85 %, 95 %</dt>
  <dd>
    Lead time of a version: from where it was first seen until the last environment of its way first ran it, or a later one. What has not
    arrived counts with the time it has waited (Kaplan and Meier's estimate, limits of Brookmeyer and Crowley). "Never": fewer than so many
    arrived for as long as anybody watched.
  </dd>
  <dt>Batch</dt>
  <dd>Versions that a deployment brought which had not been there: the median, and the largest.</dd>
  <dt>Back</dt>
  <dd>Deployments of an earlier version than ran, races of ten minutes apart.</dd>
  <dt>Constraint</dt>
  <dd>
    The part of the way that holds most of the time of all versions that were on it in the window. It is named only where at least 80 % of
    windows, drawn again from the same weeks, say the same.
  </dd>
  ${
    released !== undefined &&
    html`<dt>Released</dt>
      <dd>${released[0]!.toUpperCase() + released.slice(1)}.</dd>`
  }
  <dt>No data</dt>
  <dd>Is never 0. <code>threeways flow STREAM --rows</code> shows the versions behind a number.</dd>
</dl>`
