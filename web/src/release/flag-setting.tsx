import type { FlagDetail, SettingView } from '../api/types.ts'
import { Mark } from '../piece/mark.tsx'
import { dayOf, duration, timeOfDay } from '../piece/time.ts'
import { isPlanned, standingIn, standingMarks, wordOf } from './board-rows.ts'
import { conditionTold, serveTold } from './condition-words.ts'
import { FlagButton, killing, pausing, ramping, resuming, reviving, turning } from './flag-actions.tsx'
import { PlanNote } from './plan-note.tsx'
import { ReadinessPanel } from './readiness-panel.tsx'
import { SlotBar } from './share-bar.tsx'
import { percent, sharesOf, toneOf } from './shares.ts'

type Props = { readonly flag: FlagDetail; readonly setting: SettingView; readonly variants: readonly string[]; readonly acting: boolean }

/** How a flag stands in one environment, and what somebody can do about it. */
export function FlagSetting({ flag, setting, variants, acting }: Props) {
  const standing = standingIn(setting)
  const { environment } = setting
  return (
    <section className="panel flag-setting" aria-label={environment}>
      <header>
        <h2>{environment}</h2>
        <span className={`flag-word flag-${standing}`}>
          <Mark state={standingMarks[standing]} worded size={15} />
          {wordOf(standing, flag.purpose)}
          {setting.killed && <span className="soft">, was {setting.state}</span>}
        </span>
      </header>
      <SettingPicture control={flag.control} setting={setting} variants={variants} />
      {setting.state === 'dark' && <ReadinessPanel flag={flag.flag} environment={environment} />}
      {acting && <Buttons flag={flag} setting={setting} />}
    </section>
  )
}

type PictureProps = { readonly control: string; readonly setting: SettingView; readonly variants: readonly string[] }

/** Who gets what there: shares, rules, the plan. */
export function SettingPicture({ control, setting, variants }: PictureProps) {
  const { rules, plan, serve } = setting
  const decides = !setting.killed && (setting.state === 'ramp' || setting.state === 'on')
  return (
    <>
      <SlotBar stand={setting} control={control} variants={variants} />
      <Legend control={control} setting={setting} variants={variants} />
      {rules.length > 0 && <Rules rules={rules} decides={decides} rest={serve} state={setting.state} />}
      {plan !== null && isPlanned(setting) && <Plan plan={plan} killed={setting.killed} />}
    </>
  )
}

/** What each colour is, with its share. */
function Legend({ control, setting, variants }: PictureProps) {
  return (
    <ul className="flag-legend" aria-label="Shares">
      {sharesOf(setting, control).map(({ variant, share }) => (
        <li key={variant}>
          <i className={`tone-${toneOf(variant, control, variants)}`} aria-hidden="true" />
          {variant} <strong>{percent(share)}</strong>
          {variant === control && <span className="soft"> control</span>}
        </li>
      ))}
    </ul>
  )
}

/** `1 h`, `until one-page`, both where both are said. */
function heldTold(holdMs: number, until: string | null): string {
  const time = holdMs === 0 ? [] : [duration(holdMs).replace(' 0 min', '').replace(' 0 s', '')]
  return [...time, ...(until === null ? [] : [`until ${/^\d/.test(until) ? `${dayOf(until)}, ${timeOfDay(until)}` : until}`])].join(', ')
}

type RulesProps = {
  readonly rules: SettingView['rules']
  readonly decides: boolean
  readonly rest: SettingView['serve']
  readonly state: SettingView['state']
}

function Rules({ rules, decides, rest, state }: RulesProps) {
  return (
    <div className="flag-rules">
      <h3>{decides ? 'The first that fits decides' : 'Rules, which decide nothing in this state'}</h3>
      <ol className={decides ? undefined : 'soft'}>
        {rules.map(({ id, when, serve }) => (
          <li key={id}>
            <code>{id}</code> <span>{conditionTold(when)}</span> <strong>{serveTold(serve)}</strong>
          </li>
        ))}
        <li>
          <code>{state}</code> <span>everybody else</span> <strong>{serveTold(rest)}</strong>
        </li>
      </ol>
    </div>
  )
}

function Plan({ plan, killed }: { readonly plan: NonNullable<SettingView['plan']>; readonly killed: boolean }) {
  const { steps, step, variant, guardrails } = plan
  // Of a hundred equal ones nobody reads each.
  const shown = steps.map((one, at) => ({ ...one, at })).filter(({ at }) => steps.length <= 12 || Math.abs(at - step) <= 2)
  return (
    <div className="flag-plan">
      <h3>
        Plan of {variant}: <PlanNote plan={plan} killed={killed} />
      </h3>
      <ol aria-label="Steps">
        {shown.map(({ share, holdMs, until, at }) => (
          <li key={at} className={at < step ? 'soft' : undefined} aria-current={at === step ? 'step' : undefined}>
            {share.replace('%', ' %')}
            {at < steps.length - 1 && <span className="soft"> {heldTold(holdMs, until)}</span>}
          </li>
        ))}
      </ol>
      {guardrails.length > 0 && (
        <p className="soft flag-small">
          Guardrails:{' '}
          {guardrails
            .map(
              ({ metric, better, action }) =>
                `${metric} (${better} is better; else ${action === 'pause' ? 'it waits' : 'it is turned off'})`,
            )
            .join(', ')}
        </p>
      )}
    </div>
  )
}

function Buttons({ flag, setting }: Pick<Props, 'flag' | 'setting'>) {
  const { environment, killed, plan, state } = setting
  return (
    <div className="flag-buttons">
      <FlagButton label="Ramp…" action={ramping(flag, setting)} />
      <FlagButton label="State…" action={turning(flag, setting)} />
      {plan !== null &&
        state === 'ramp' &&
        (plan.paused === null ? (
          <FlagButton label="Pause…" action={pausing(flag, environment)} />
        ) : (
          <FlagButton label="Go on…" action={resuming(flag, environment)} />
        ))}
      {killed ? (
        <FlagButton label="Revive…" action={reviving(flag, environment)} />
      ) : (
        <FlagButton label="Kill…" className="stop" action={killing(flag, environment)} />
      )}
    </div>
  )
}
