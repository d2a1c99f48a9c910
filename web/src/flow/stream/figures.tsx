import type { StreamFlowPicture, StreamFlowView } from '../../api/types.ts'
import { Figure } from '../figure.tsx'
import { timeOf } from '../flow-row.tsx'
import { useLinks, type Links } from '../links.ts'
import { Term } from '../term.tsx'
import { terms } from '../terms.ts'
import { few, limits, paceOf, percent, plural, span } from '../words.ts'

type Props = { readonly picture: StreamFlowPicture }
type Linked = Props & { readonly links: Links }

/** The numbers of a stream, each with its meaning, its limits, what it was before, and its rows. */
export function Figures({ picture }: Props) {
  const links = useLinks(picture.flow.stream)
  return (
    <dl className="figures">
      {quantiles.map((name) => (
        <LeadOf key={name} name={name} picture={picture} links={links} />
      ))}
      <Deployments picture={picture} links={links} />
      <Batch picture={picture} links={links} />
      <Back picture={picture} links={links} />
      <Ageing picture={picture} links={links} />
      <Closed picture={picture} links={links} />
    </dl>
  )
}

const quantiles = ['p50', 'p85', 'p95'] as const

/** How long it takes: the quantiles, and which share had come after the times in which people plan. */
export function LeadFigures({ picture }: Props) {
  const links = useLinks(picture.flow.stream)
  const { lead } = picture.flow
  return (
    <dl className="figures lead-figures">
      {quantiles.map((name) => (
        <LeadOf key={name} name={name} picture={picture} links={links} />
      ))}
      <Figure
        name={<Term of="within" />}
        href={links.rows('versions')}
        told="had reached the last environment"
        sub={lead.within
          .flatMap(({ ms, share }) => (share === null || ms === dayMs ? [] : [`${namesOf[ms] ?? span(ms)} ${percent(share)}`]))
          .join(' · ')}
      >
        {withinDay(lead)}
      </Figure>
      <Ageing picture={picture} links={links} />
    </dl>
  )
}

const dayMs = 86_400_000
const namesOf: Record<number, string> = {
  600_000: '10 min',
  3_600_000: '1 h',
  14_400_000: '4 h',
  604_800_000: '1 wk',
  2_419_200_000: '4 wk',
}

function withinDay({ within, versions }: StreamFlowView['lead']): string | undefined {
  const share = within.find(({ ms }) => ms === dayMs)?.share ?? null
  return versions === 0 || share === null ? undefined : `${percent(share)} in a day`
}

/** How often, and how much at once. */
export function BatchFigures({ picture }: Props) {
  const links = useLinks(picture.flow.stream)
  return (
    <dl className="figures">
      <Deployments picture={picture} links={links} />
      <Batch picture={picture} links={links} />
      <Back picture={picture} links={links} />
      <Closed picture={picture} links={links} />
    </dl>
  )
}

function LeadOf({ picture: { flow, before }, links, name }: Linked & { readonly name: (typeof quantiles)[number] }) {
  const { lead } = flow
  return (
    <Figure
      name={<Term of={name} />}
      told={terms[name].short}
      href={links.rows('versions')}
      sub={lead.versions === 0 ? undefined : limits(lead[name])}
      was={before === null || before.lead.versions === 0 ? undefined : timeOf(before.lead[name].value)}
    >
      {lead.versions === 0 ? undefined : timeOf(lead[name].value)}
    </Figure>
  )
}

function Deployments({ picture: { flow, before }, links }: Linked) {
  const { deployments, perWeek, activeDays } = flow
  return (
    <Figure
      name={<Term of="perWeek" />}
      told={terms.perWeek.short}
      href={links.rows('deployments')}
      sub={deployments === 0 ? undefined : `${deployments}, on ${plural(activeDays, 'day')}`}
      was={before === null ? undefined : paceOf(before.perWeek)}
    >
      {deployments === 0 ? undefined : paceOf(perWeek)}
    </Figure>
  )
}

function Batch({ picture: { flow, before }, links }: Linked) {
  const { p50, max } = flow.batch
  const then = before?.batch.p50 ?? null
  return (
    <Figure
      name={<Term of="batch" />}
      told={terms.batch.short}
      href={links.rows('deployments')}
      sub={max === null ? undefined : `largest ${max}`}
      was={then === null ? undefined : few(then)}
    >
      {p50 === null ? undefined : few(p50)}
    </Figure>
  )
}

function Back({ picture: { flow, before }, links }: Linked) {
  const { deployments, back } = flow
  return (
    <Figure
      name={<Term of="back" />}
      told={terms.back.short}
      href={links.rows('back')}
      sub={deployments === 0 ? undefined : `of ${plural(deployments, 'deployment')}`}
      was={before === null || before.deployments === 0 ? undefined : String(before.back)}
      signal={back > 0 ? 'stop' : undefined}
    >
      {deployments === 0 ? undefined : String(back)}
    </Figure>
  )
}

function Ageing({ picture: { flow, ageing }, links }: Linked) {
  const oldest = ageing.oldest[0]
  return (
    <Figure
      name={<Term of="ageing" />}
      told={terms.ageing.short}
      href={links.rows('ageing')}
      sub={oldest === undefined ? undefined : `oldest ${span(Date.parse(flow.asOf) - Date.parse(oldest.arrived))}`}
    >
      {flow.order.length < 2 ? undefined : String(ageing.total)}
    </Figure>
  )
}

function Closed({ picture: { flow, closed }, links }: Linked) {
  const last = flow.order.at(-1)
  // What goes onwards from the last environment leads nowhere here.
  const shut = closed.filter(({ until, way, environment }) => until === null && !(way === 'onwards' && environment === last)).length
  return (
    <Figure name={<Term of="closed" />} told={terms.closed.short} href={links.rows('gates')} signal={shut > 0 ? 'wait' : undefined}>
      {String(shut)}
    </Figure>
  )
}
