import type { FlagDetail, FlagPreview } from '../api/types.ts'
import { Mark } from '../piece/mark.tsx'
import { standingIn, standingMarks, wordOf } from './board-rows.ts'
import { SettingPicture } from './flag-setting.tsx'
import { SlotBar, sharesTold } from './share-bar.tsx'
import { variantsOf } from './shares.ts'

type Props = { readonly preview: FlagPreview; readonly before: FlagDetail | undefined }

/** What publishing would do: how it would stand beside how it stands, and who would be moved. */
export function Would({ preview: { changed, moves, values, typeWas, against, notes, would }, before }: Props) {
  const variants = [...new Set([...variantsOf(would), ...(before === undefined ? [] : variantsOf(before))])]
  const gone = changed.environments.filter((name) => would.environments.every(({ environment }) => environment !== name))
  const stays = would.environments.filter(({ environment }) => !changed.environments.includes(environment))
  if (changed.fields.length === 0 && changed.environments.length === 0) return <p className="soft">It stands so already.</p>
  return (
    <>
      {before !== undefined && changed.fields.length > 0 && (
        <p>
          Changed: <strong>{changed.fields.join(', ')}</strong>.
        </p>
      )}
      <Moves moves={moves} />
      {typeWas !== null && (
        <p className="flag-wrong">
          It would be {would.type}, and was {typeWas}: code that asks for {typeWas} gets its own default.
        </p>
      )}
      <Values values={values} />
      {notes.map((note) => (
        <p key={note} className="flag-wrong">
          Note: {note}.
        </p>
      ))}
      {against !== null && <p className="flag-wrong">{against}.</p>}
      {would.environments
        .filter(({ environment }) => changed.environments.includes(environment))
        .map((setting) => {
          const was = before?.environments.find(({ environment }) => environment === setting.environment)
          const standing = standingIn(setting)
          return (
            <section key={setting.environment} className="panel flag-setting" aria-label={`${setting.environment}, as it would be`}>
              <header>
                <h3>{setting.environment}</h3>
                <span className={`flag-word flag-${standing}`}>
                  <Mark state={standingMarks[standing]} worded size={15} />
                  {wordOf(standing, would.purpose)}
                </span>
              </header>
              {was !== undefined && before !== undefined && (
                <p className="flag-was soft">
                  <span>
                    was {wordOf(standingIn(was), before.purpose)}, {sharesTold(was, before.control)}
                  </span>
                  <SlotBar stand={was} control={before.control} variants={variants} />
                </p>
              )}
              <SettingPicture control={would.control} setting={setting} variants={variants} />
            </section>
          )
        })}
      {gone.length > 0 && <p className="flag-wrong">No longer in {gone.join(', ')}: applications there get their own default.</p>}
      {before !== undefined && stays.length > 0 && (
        <p className="soft">
          {values.length === 0 ? 'As it is' : 'The same shares'} in {stays.map(({ environment }) => environment).join(', ')}.
        </p>
      )}
    </>
  )
}

function Moves({ moves }: Pick<FlagPreview, 'moves'>) {
  if (moves.length === 0) return null
  return (
    <ul className="flag-against flag-wrong" aria-label="Who would be moved">
      {moves.map(({ environment, rule, moved, how }) => (
        <li key={`${environment} ${rule}`}>
          {environment}
          {rule === null ? '' : `, rule ${rule}`}: {moved.replace('%', ' %')} of units {lossTold[how]}
        </li>
      ))}
    </ul>
  )
}

const lossTold: Record<FlagPreview['moves'][number]['how'], string> = {
  taken: 'would no longer see what they see',
  diced: 'would all be put into other buckets',
  gone: 'would no longer see what they see, for it is gone',
  other: 'may no longer see what they see, for the rule fits others',
}

function Values({ values }: Pick<FlagPreview, 'values'>) {
  if (values.length === 0) return null
  return (
    <ul className="flag-against flag-wrong" aria-label="Other values">
      {values.map(({ variant, was, is, environments }) => (
        <li key={variant}>
          {variant} would be <code>{JSON.stringify(is)}</code> instead of <code>{JSON.stringify(was)}</code>
          {environments.length === 0
            ? ', which nobody was given'
            : `: whoever was given it in ${environments.join(', ')} would see another value`}
        </li>
      ))}
    </ul>
  )
}
