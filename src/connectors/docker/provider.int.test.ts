import { afterAll, beforeAll, describe, vi } from 'vitest'
import { digestOfTree } from '../../flow/candidate/tree.ts'
import { describeProvider } from '../../flow/environment/provider.contract.ts'
import { makeDockerHarness, startPodman, whyNoPodman, type Podman } from './testing.ts'

// Minutes: each behaviour makes containers of its own. Its storage copies a base of 130 MB for every one.
vi.setConfig({ testTimeout: 60_000 })
const why = process.env['TEST_DOCKER'] === '1' ? whyNoPodman() : 'set TEST_DOCKER=1 to play all of it'

describe.skipIf(why !== undefined)(`in containers of podman${why === undefined ? '' : ` (${why})`}`, () => {
  let podman: Podman
  beforeAll(async () => {
    podman = await startPodman()
  }, 60_000)
  afterAll(() => podman?.dispose())

  describeProvider('docker', () => makeDockerHarness(podman, digestOfTree))
})
