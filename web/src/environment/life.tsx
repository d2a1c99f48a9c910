import type { EnvironmentView } from '../api/types.ts'
import { Age, useTicking } from '../piece/age.tsx'
import { dayOf, duration, timeOfDay } from '../piece/time.ts'

/** What people must know of an environment beside what runs in it: that it sleeps or ends, its limits, secrets that are not the newest. */
export function Life({ environment }: { readonly environment: EnvironmentView }) {
  const { id, asleep, untilWoken, until, limits } = environment
  const name = id.slice(id.indexOf('/') + 1)
  const old = outdatedOf(environment)
  if (asleep === null && until === null && limits === null && old.length === 0) return null
  return (
    <ul className="life soft" aria-label="Its life">
      {asleep !== null && (
        <li>
          asleep for <Age since={asleep} />; {untilWoken ? 'no request wakes it, but ' : 'a request to its address wakes it, or '}
          <code>threeways env wake {name}</code>
        </li>
      )}
      {until !== null && (
        <li>
          destroyed <Until at={until} />, unless somebody says <code>threeways env extend {name}</code>
        </li>
      )}
      {limits !== null && <li>{limits}</li>}
      {old.map(({ service, name: secret, version, latest }) => (
        <li key={`${service} ${secret}`} className="signal-stop">
          {service} still has{' '}
          {latest === null ? `secret ${secret}, which was removed` : `version ${version} of secret ${secret}; the newest is ${latest}`}:{' '}
          <code>threeways env apply {name}</code>
        </li>
      ))}
    </ul>
  )
}

/** Of a row among many. */
export function LifeWords({ environment }: { readonly environment: EnvironmentView }) {
  const { until } = environment
  const old = outdatedOf(environment).length
  return (
    <>
      {until !== null && (
        <>
          , ends <Until at={until} />
        </>
      )}
      {old > 0 && <span className="signal-stop">, {old === 1 ? 'a secret is' : `${old} secrets are`} out of date</span>}
    </>
  )
}

function Until({ at }: { readonly at: string }) {
  const text = useTicking((now) => (Date.parse(at) <= now ? 'now' : `in ${duration(Math.ceil((Date.parse(at) - now) / 60_000) * 60_000)}`))
  return (
    <time dateTime={at} title={`${dayOf(at)}, ${timeOfDay(at)}`}>
      {text.replace(/ 0 s$/, '')}
    </time>
  )
}

/** Each secret of each service once, however many replicas have it. */
export function outdatedOf({ services }: Pick<EnvironmentView, 'services'>) {
  const all = services.flatMap(({ service, secrets }) =>
    secrets.flatMap(({ name, version, latest }) => (latest === version ? [] : [{ service, name, version, latest }])),
  )
  return all.filter((one, at) => all.findIndex(({ service, name }) => service === one.service && name === one.name) === at)
}
