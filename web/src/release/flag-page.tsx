import { Link, useParams } from 'wouter'
import { useQuery } from '../api/query.ts'
import { useAsker, useMay } from '../api/rights.ts'
import type { FlagDetail, StaleFlag } from '../api/types.ts'
import { decoded, flagHref, lineHref } from '../piece/digest.tsx'
import { useTitle } from '../shell/document-state.ts'
import { Failed, Loading } from '../shell/notice.tsx'
import { Expires } from './board-row.tsx'
import { standingIn, standings, toFlags, wordOf } from './board-rows.ts'
import { FlagButton, killing, reviving } from './flag-actions.tsx'
import { FlagLife } from './flag-life.tsx'
import { FlagSetting } from './flag-setting.tsx'
import { ProposalsPanel } from './proposals-panel.tsx'
import { variantsOf } from './shares.ts'
import { TrafficPanel } from './traffic-panel.tsx'
import { WhyPanel } from './why-panel.tsx'
import './release.css'

/** `/release/<flag>`: how one flag stands, and its life. */
export function FlagPage() {
  const { flag = '' } = useParams<{ flag: string }>()
  const name = decoded(flag)
  const { data, problem } = useQuery<FlagDetail>(`/api/flags/${encodeURIComponent(name)}`)
  useTitle(data === undefined ? name : titleOf(data))
  if (data === undefined)
    return problem === undefined ? <Loading what="the flag" rows={5} /> : <Failed what="flag" problem={problem} back={toFlags} />
  return <Life key={data.flag} flag={data} />
}

function titleOf({ flag, environments, purpose }: FlagDetail): string {
  const standing = standings.find((one) => environments.some((setting) => standingIn(setting) === one))
  return standing === undefined ? flag : `${flag} ${wordOf(standing, purpose)}`
}

function Life({ flag }: { readonly flag: FlagDetail }) {
  const acting = useMay('operate')
  const named = variantsOf(flag)
  const variants = [...named, ...Object.keys(flag.variants).filter((one) => one !== flag.control && !named.includes(one))]
  return (
    <div className="page release flag-page">
      <header className="page-title">
        <div>
          <Link className="soft" href="/release">
            All flags
          </Link>
          <h1 className="spread">{flag.flag}</h1>
          <p className="spread">{flag.description}</p>
          <Facts flag={flag} />
        </div>
        {acting ? <Buttons flag={flag} /> : <NoButtons />}
      </header>
      <Stale flag={flag.flag} />
      <ProposalsPanel only={flag.flag} />
      <div className="flag-settings">
        {flag.environments.map((setting) => (
          <FlagSetting key={setting.environment} flag={flag} setting={setting} variants={variants} acting={acting} />
        ))}
      </div>
      <FlagLife flag={flag} variants={variants} />
      <TrafficPanel flag={flag.flag} control={flag.control} variants={variants} />
      <WhyPanel environments={flag.environments.map(({ environment }) => environment)} only={flag.flag} />
    </div>
  )
}

function Facts({
  flag: { owner, purpose, service, expires, control, variants, requires, bucketBy, bucketing, layer, holdouts, carriedOver },
}: {
  readonly flag: FlagDetail
}) {
  return (
    <p className="soft flag-facts">
      <span>owner {owner}</span>
      <span>{purpose}</span>
      <span>
        expires <Expires expires={expires} />
      </span>
      {service !== null && (
        <span>
          of <Link href={lineHref(service)}>{service}</Link> (<Link href={`/flow/${encodeURIComponent(service)}`}>its flow</Link>)
        </span>
      )}
      <span>
        {Object.keys(variants).join(', ')}; control is {control}
      </span>
      {bucketBy !== 'targetingKey' && <span>bucketed by {bucketBy.replaceAll('|', ', else by ')}</span>}
      {bucketing !== 'fractional-v2' && <span>bucketing {bucketing}</span>}
      {requires.map(({ flag, variant }) => (
        <span key={flag}>
          requires <Link href={flagHref(flag)}>{flag}</Link> to be {variant}
        </span>
      ))}
      {layer !== null && (
        <span>
          in the layer <Link href={flagHref(layer)}>{layer}</Link>: outside its share everybody gets {control}
        </span>
      )}
      {holdouts.map((name) => (
        <span key={name}>
          units that <Link href={flagHref(name)}>{name}</Link> holds get {control}
        </span>
      ))}
      {carriedOver.map(({ environment, flag, from, share, until }) => (
        <span key={`${environment}/${flag}/${from}/${until}`}>
          {share} of {environment} that {flag} owns was {from}’s until {until.slice(0, 10)}: what its units saw there may carry over
        </span>
      ))}
    </p>
  )
}

/** What is of all of it: its file, and, where it stands in more than one place, all of them at once. */
function Buttons({ flag }: { readonly flag: FlagDetail }) {
  const killed = flag.environments.filter((setting) => setting.killed).length
  const several = flag.environments.length > 1
  return (
    <div className="flag-buttons">
      <Link className="button small" href={`${flagHref(flag.flag)}/edit`}>
        Edit…
      </Link>
      {several && killed > 0 && <FlagButton label="Revive everywhere…" action={reviving(flag)} />}
      {several && killed < flag.environments.length && (
        <FlagButton label="Kill everywhere…" className="stop strong" action={killing(flag)} />
      )}
    </div>
  )
}

/** Why there is nothing to press. */
function NoButtons() {
  const asker = useAsker()
  return (
    <p className="soft flag-small flag-no-buttons">
      {asker === undefined ? 'This page only looks: to change a flag' : `${asker.name} may not change flags: that`} takes a token with the
      scope <code>operate</code>.
    </p>
  )
}

function Stale({ flag }: { readonly flag: string }) {
  const { data } = useQuery<{ readonly flags: readonly StaleFlag[] }>('/api/stale-flags')
  const because = data?.flags.find((one) => one.flag === flag)?.because ?? []
  if (because.length === 0) return null
  return (
    <p className="waiting" role="status">
      <strong>It should go, or be looked at: {because.join('; ')}.</strong>
      <span>
        Where the code names it: <code>threeways flag stale</code>
      </span>
    </p>
  )
}
