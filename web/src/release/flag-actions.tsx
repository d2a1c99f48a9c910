import { useState, type ReactNode } from 'react'
import type { FlagDetail, SettingView } from '../api/types.ts'
import { ActionDialog, type Action } from '../piece/action.tsx'
import { percent, sharesOf } from './shares.ts'

const pathOf = (flag: string, what: string) => `/api/flags/${encodeURIComponent(flag)}/${what}`
/** In the order of a flag's life. */
const states = ['off', 'dark', 'ramp', 'on', 'retired'] as const
const stateWords: Record<SettingView['state'], string> = {
  off: 'off: control for everybody',
  dark: 'dark: control for everybody, rehearsed behind it',
  ramp: 'ramp: shares of units',
  on: 'on: one variant for everybody',
  retired: 'retired: one variant for good',
}

type Flag = Pick<FlagDetail, 'flag' | 'control' | 'variants' | 'latest'>
const othersOf = ({ variants, control }: Flag) => Object.keys(variants).filter((name) => name !== control)

/** @param environment - undefined: everywhere */
export function killing({ flag, control }: Flag, environment?: string): Action {
  return {
    title: environment === undefined ? `Kill ${flag} everywhere` : `Kill ${flag} in ${environment}`,
    explanation: (
      <p>
        Everybody gets <code>{control}</code> at once, whatever else is said, until somebody revives it.
      </p>
    ),
    path: pathOf(flag, 'kill'),
    body: environment === undefined ? {} : { environment },
    reason: 'required',
    confirm: 'Kill it',
    tone: 'stop',
    done: `${flag} is killed`,
  }
}

export function reviving({ flag }: Flag, environment?: string): Action {
  return {
    title: environment === undefined ? `Revive ${flag} everywhere` : `Revive ${flag} in ${environment}`,
    explanation: <p>It stands as it did before it was killed, and the same units get what they got.</p>,
    path: pathOf(flag, 'revive'),
    body: environment === undefined ? {} : { environment },
    reason: 'required',
    confirm: 'Revive it',
    done: `${flag} is revived`,
  }
}

export const pausing = ({ flag }: Flag, environment: string): Action => ({
  title: `Pause the plan in ${environment}`,
  explanation: <p>What is served stays as it is, and no further step is taken.</p>,
  path: pathOf(flag, 'pause'),
  body: { environment },
  reason: 'required',
  confirm: 'Pause',
  done: 'The plan waits',
})

export const resuming = ({ flag }: Flag, environment: string): Action => ({
  title: `Go on with the plan in ${environment}`,
  explanation: <p>The step that it is on is held anew, and then the next one is taken.</p>,
  path: pathOf(flag, 'resume'),
  body: { environment },
  reason: 'required',
  confirm: 'Go on',
  done: 'The plan goes on',
})

/** To a share by hand at once, or evenly over a time by a plan. */
export function ramping(flag: Flag, setting: SettingView): Action {
  const others = othersOf(flag)
  const { environment, serve, state } = setting
  const shares = sharesOf({ ...setting, killed: false, state: 'ramp' }, flag.control)
  const now = shares.filter(({ variant }) => variant !== flag.control).map(({ variant, share }) => `${variant} ${percent(share)}`)
  return {
    title: `Ramp ${flag.flag} in ${environment}`,
    explanation: (
      <p>
        Now {state === 'ramp' ? now.join(', ') || 'nobody' : state}. Who sees a variant goes on seeing it while its share grows.
        {setting.plan !== null && ' Its plan ends: you take the ramp into your own hands.'}
      </p>
    ),
    path: pathOf(flag.flag, 'stand'),
    body: { environment, expected: flag.latest.revision },
    fields: (
      <>
        <Variant variants={others} />
        <div className="flag-fields">
          <label className="field">
            <span>Share, %</span>
            <input className="input" name="share" type="number" min="0" max="100" step="0.01" required autoFocus />
          </label>
          <label className="field">
            <span>Evenly over (optional)</span>
            <input className="input" name="over" placeholder="at once" autoComplete="off" />
            <small>such as 24h or 3d</small>
          </label>
        </div>
        {state === 'dark' && <Unready />}
      </>
    ),
    sent: ({ share = '', over, variant = others[0] ?? '', unready, ...rest }) => ({
      ...rest,
      ...(unready === undefined ? {} : { unready: true }),
      ...(over === undefined
        ? { serve: { ...(typeof serve === 'string' || state !== 'ramp' ? {} : serve), [variant]: `${share}%` } }
        : { plan: { variant, to: `${share}%`, over } }),
    }),
    reason: 'required',
    confirm: 'Ramp',
    done: `${flag.flag} ramps in ${environment}`,
  }
}

/** To another state, the next one of its life unless it is said. */
export function turning(flag: Flag, { environment, state }: SettingView): Action {
  const others = othersOf(flag)
  const next = states[states.indexOf(state) + 1] ?? 'off'
  return {
    title: `Another state for ${flag.flag} in ${environment}`,
    explanation: <p>It is {state} now.</p>,
    path: pathOf(flag.flag, 'stand'),
    body: { environment, expected: flag.latest.revision },
    fields: (
      <>
        <label className="field">
          <span>State</span>
          <select className="input" name="state" defaultValue={next}>
            {states
              .filter((one) => one !== state)
              .map((one) => (
                <option key={one} value={one}>
                  {stateWords[one]}
                </option>
              ))}
          </select>
        </label>
        <Variant variants={others} of="of the states on and retired" />
        {state === 'dark' && <Unready />}
      </>
    ),
    sent: ({ variant, unready, ...rest }) => ({
      ...rest,
      ...(unready === undefined ? {} : { unready: true }),
      ...(variant !== undefined && (rest['state'] === 'on' || rest['state'] === 'retired') ? { serve: variant } : {}),
    }),
    reason: 'required',
    confirm: 'Change it',
    done: `${flag.flag} stands otherwise in ${environment}`,
  }
}

/** Where there is one, nobody is asked. */
function Variant({ variants, of }: { readonly variants: readonly string[]; readonly of?: string }) {
  if (variants.length < 2) return null
  return (
    <label className="field">
      <span>Variant{of === undefined ? '' : `, ${of}`}</span>
      <select className="input" name="variant">
        {variants.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
}

function Unready() {
  return (
    <label className="flag-check">
      <input type="checkbox" name="unready" />
      <span>out of the dark, whatever rehearsals showed</span>
    </label>
  )
}

type ButtonProps = { readonly label: ReactNode; readonly action: Action; readonly className?: string }

/** Its dialog is about what stood when it was opened: another revision since is a conflict that the server tells. */
export function FlagButton({ label, action, className = '' }: ButtonProps) {
  const [open, setOpen] = useState<Action>()
  return (
    <>
      <button type="button" className={`button small ${className}`} onClick={() => setOpen(action)} aria-haspopup="dialog">
        {label}
      </button>
      {open !== undefined && <ActionDialog action={open} onClose={() => setOpen(undefined)} />}
    </>
  )
}
