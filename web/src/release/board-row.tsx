import { memo } from 'react'
import { Link } from 'wouter'
import type { FlagView, RevisionView, SettingView } from '../api/types.ts'
import { Age, useTicking } from '../piece/age.tsx'
import { flagHref } from '../piece/digest.tsx'
import { Mark } from '../piece/mark.tsx'
import { isExpired, isPlanned, standingIn, standingMarks, toldOf, wordOf, type BoardRow } from './board-rows.ts'
import { PlanNote } from './plan-note.tsx'
import { SlotBar, sharesTold } from './share-bar.tsx'
import { variantsOf } from './shares.ts'

type Props = { readonly row: BoardRow; readonly top: number; readonly height: number; readonly index: number }

/** One flag in one row. */
export const BoardRowView = memo(function BoardRowView({ row, top, height, index }: Props) {
  const { flag, settings, stale, standing } = row
  const variants = variantsOf(flag)
  return (
    <div
      className={`page-row flag-row standing-${standing}`}
      role="row"
      aria-rowindex={index}
      data-stream={flag.flag}
      style={{ transform: `translateY(${top}px)`, height }}
    >
      <div className="flag-name" role="cell">
        <Link className="page-link" data-move href={flagHref(flag.flag)}>
          {flag.flag}
        </Link>
        <span className="soft flag-line" title={flag.description}>
          {flag.description === '' ? flag.purpose : flag.description}
        </span>
      </div>
      <ul className="flag-stands" role="cell" aria-label="How it stands">
        {settings.map((setting) => (
          <Stand purpose={flag.purpose} key={setting.environment} setting={setting} control={flag.control} variants={variants} />
        ))}
      </ul>
      <div className="flag-owner" role="cell">
        <span className="flag-line" title={flag.owner}>
          {flag.owner}
        </span>
        <span className="soft flag-line">{flag.service ?? 'no service'}</span>
      </div>
      <div className="flag-expires" role="cell">
        <Expires expires={flag.expires} />
        {stale.length > 0 && (
          <span className="signal-wait flag-stale" title={stale.join('; ')}>
            {stale.join('; ')}
          </span>
        )}
      </div>
      <LastChange latest={flag.latest} />
    </div>
  )
}, same)

/** Rows are made anew with each answer; what they are made of is not. */
function same(a: Props, b: Props): boolean {
  return a.top === b.top && a.height === b.height && a.index === b.index && JSON.stringify(a.row) === JSON.stringify(b.row)
}

type StandProps = {
  readonly setting: SettingView
  readonly control: string
  readonly variants: readonly string[]
  readonly purpose: FlagView['purpose']
}

function Stand({ setting, control, variants, purpose }: StandProps) {
  const standing = standingIn(setting)
  const told = toldOf(setting)
  return (
    <li className="flag-stand">
      <span className="soft flag-line" title={setting.environment}>
        {setting.environment}
      </span>
      <SlotBar stand={setting} control={control} variants={variants} />
      <span className={`flag-word flag-${standing}`}>
        <Mark state={standingMarks[standing]} worded size={13} />
        {wordOf(standing, purpose)}
      </span>
      {told && (
        <span className="flag-line flag-told">
          {sharesTold(setting, control)}
          <Rules rules={setting.rules} />
        </span>
      )}
      {isPlanned(setting) && <PlanNote plan={setting.plan!} killed={setting.killed} />}
    </li>
  )
}

function Rules({ rules }: Pick<SettingView, 'rules'>) {
  if (rules.length === 0) return null
  return (
    <span className="soft" title={rules.map(({ id }) => id).join(', ')}>
      {' '}
      + {rules.length} {rules.length === 1 ? 'rule' : 'rules'}
    </span>
  )
}

/** The last day of a flag, loud when it is over. */
export function Expires({ expires }: { readonly expires: string | null }) {
  const isOver = useTicking((now) => (isExpired(expires, now) ? 'over' : '')) !== ''
  if (expires === null) return <span className="soft">never</span>
  return (
    <time dateTime={expires} className={isOver ? 'signal-stop flag-over' : undefined}>
      {isOver && <Mark state="needs-attention" size={13} />}
      {expires}
    </time>
  )
}

/** What was done to it. */
export function changeTold({ change, environment }: RevisionView): string {
  const word = change === 'created' ? 'made' : change
  return environment === null ? word : `${word} in ${environment}`
}

function LastChange({ latest }: { readonly latest: RevisionView }) {
  return (
    <div className="flag-change" role="cell">
      <span className="flag-line">
        {changeTold(latest)} by {latest.by}, <Age since={latest.at} /> ago
      </span>
      <span className="soft flag-line" title={latest.reason}>
        {latest.reason}
      </span>
    </div>
  )
}
