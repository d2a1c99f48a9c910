import { describe } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { describeProvider } from '../../flow/environment/provider.contract.ts'
import { detectSandboxing } from './isolation/sandbox.ts'
import { makeHarness } from './testing.ts'

describeProvider('process', () => makeHarness(digestOfTree))

const found = detectSandboxing()
describe.skipIf(!found.available)(`isolated by bubblewrap${found.available ? '' : ` (${found.why})`}`, () => {
  // How candidates are exchanged does not depend on what keeps them apart: TEST_BUBBLEWRAP=1 plays that as well.
  const without =
    process.env['TEST_BUBBLEWRAP'] === '1' ? [] : ['changing what runs', 'after a restart of the server', 'reading the definition']
  describeProvider('process', () => makeHarness(digestOfTree, { isolation: { mode: 'required', network: 'own' } }), without)
})
