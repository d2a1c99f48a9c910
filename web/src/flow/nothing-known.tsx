import { FirstSteps } from '../piece/first-steps.tsx'
import type { FlowWindow } from './window.ts'
import { dayIn } from './words.ts'

/** What the columns of a table mean, to begin with. */
const mapText = `name: our-deployments  # where it comes from
time: {column: time}  # RFC 3339; {column: time, as: unix} for seconds since 1970
service: service
environment: environment
events:
  - event: deployment
    version: version
`

const steps = [
  { name: 'map.yaml', does: 'which columns of a table of deployments say what', text: mapText },
  { name: 'threeways import csv deployments.csv --map map.yaml', does: 'brings in what was deployed: time, service, environment, version' },
  { name: 'threeways import git .', does: 'brings in the commits of a repository: then lead time begins at the first of them' },
]

/** In place of the flow of streams where there are none. @param onNewest - looks at the newest there is */
export function NothingKnown({ asOf, onNewest }: Pick<FlowWindow, 'asOf'> & { readonly onNewest: () => void }) {
  return (
    <div className="page">
      <header className="page-title">
        <h1>Flow</h1>
      </header>
      <div className="calm">
        {asOf === undefined ? (
          <>
            <p>Nothing was deployed yet, as far as is known here. Deliver a commit, or bring in what others recorded.</p>
            <FirstSteps steps={steps} />
          </>
        ) : (
          <>
            <p>Nothing was deployed until {dayIn(asOf)}.</p>
            <button type="button" className="button" onClick={onNewest}>
              To the newest
            </button>
          </>
        )}
      </div>
    </div>
  )
}
