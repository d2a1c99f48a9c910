import { ChangesPanel } from './changes-panel.tsx'
import { CurveChart } from './curve-chart.tsx'
import { LeadFigures } from './figures.tsx'
import { Panel } from '../panel.tsx'
import { SpreadChart } from './spread-chart.tsx'
import type { TabOf } from './stream-flow-page.tsx'

/** How long does it take, and where does the time go? */
export function LeadTab({ picture, query }: TabOf) {
  const { flow, curve, curveBefore, spread } = picture
  const to = flow.order.at(-1)!
  return (
    <>
      <LeadFigures picture={picture} />
      <div className="flow-two">
        <Panel
          title={`Share that reached ${to}`}
          told="Kaplan and Meier’s estimate: what is still on its way counts until it was last seen not to have arrived. The band holds it with 95 %."
        >
          {curve === null || curve.versions === 0 ? (
            <None
              what={
                curve === null
                  ? 'There is but one environment, so there is no way to measure.'
                  : 'No version was first seen in this window.'
              }
            />
          ) : (
            <CurveChart now={curve} before={curveBefore} to={to} stream={flow.stream} />
          )}
        </Panel>
        <Panel title="How lead times are spread" told="Four bins to every factor of ten, so that minutes and weeks stand side by side.">
          {spread.length === 0 ? (
            <None what="No version was first seen in this window." />
          ) : (
            <SpreadChart bins={spread} stream={flow.stream} />
          )}
        </Panel>
      </div>
      <ChangesPanel stream={flow.stream} query={query} />
    </>
  )
}

export function None({ what }: { readonly what: string }) {
  return <p className="soft flow-none">{what}</p>
}
