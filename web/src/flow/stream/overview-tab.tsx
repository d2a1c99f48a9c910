import { useChanges } from './changes-panel.tsx'
import { ConstraintPanel } from './constraint-panel.tsx'
import { Figures } from './figures.tsx'
import { KeysPanel } from '../keys-panel.tsx'
import { Panel } from '../panel.tsx'
import type { TabOf } from './stream-flow-page.tsx'
import { ValueMap } from './value-map.tsx'

/** How does it flow, and what holds it up? */
export function OverviewTab({ picture, query }: TabOf) {
  const { stream, order } = picture.flow
  const released = useChanges({ stream, query })?.changes?.released
  const isHiding = released !== undefined && released.hidden > 0
  return (
    <>
      <Figures picture={picture} />
      <Panel
        title="Way"
        told={`Environments in the order in which versions were seen to come to them. A rail is as wide as half of the versions waited, on a scale of logarithms; its filled part is the share that came through.${isHiding ? ' What flags hide goes on until users get it.' : ''}`}
      >
        <ValueMap picture={picture} released={released} />
      </Panel>
      {order.length > 1 && <ConstraintPanel stream={stream} query={query} />}
      <KeysPanel stream={stream} query={query} />
    </>
  )
}
