import { digestOfTree } from '../../flow/candidate/tree.ts'
import { describeProvider } from '../../flow/environment/provider.contract.ts'
import { makeHarness } from './testing.ts'

describeProvider('process', () => makeHarness(digestOfTree))
