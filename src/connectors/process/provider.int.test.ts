import { describe } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { describeProvider } from '../../flow/environment/provider.contract.ts'
import { detectSandboxing } from './sandbox.ts'
import { makeHarness } from './testing.ts'

describeProvider('process', () => makeHarness(digestOfTree))

const found = detectSandboxing()
describe.skipIf(!found.available)(`isolated by bubblewrap${found.available ? '' : ` (${found.why})`}`, () => {
  describeProvider('process', () => makeHarness(digestOfTree, { isolation: { mode: 'required', network: 'own' } }))
})
