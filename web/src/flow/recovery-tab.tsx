import { Panel } from './panel.tsx'
import { FailureRows } from './rows-failures.tsx'
import type { TabOf } from './stream-flow-page.tsx'

/** How are failures mended? */
export function RecoveryTab({ picture: { flow }, query }: TabOf) {
  return (
    <Panel title="Failures" told="That began in the window and more likely than not came of a deployment of it.">
      <FailureRows stream={flow.stream} query={query} asOf={flow.asOf} to={flow.order.at(-1)!} narrowed={{}} />
    </Panel>
  )
}
