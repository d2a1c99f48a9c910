import { None } from '../stream/lead-tab.tsx'
import type { TabOf } from '../stream/stream-flow-page.tsx'
import { WhatIfPanel } from './whatif-panel.tsx'

/** What would a change do, and what did those do that were predicted? */
export function WhatIfTab({ picture: { flow }, asOf }: TabOf) {
  if (flow.order.length < 2)
    return (
      <section className="panel flow-panel" aria-label="What if">
        <None what="There is but one environment, so there is no way on which anything could be tried." />
      </section>
    )
  return <WhatIfPanel stream={flow.stream} order={flow.order} asOf={asOf} />
}
