import type { Clock } from '../kernel/clock.ts'
import type { NewId } from '../kernel/ids.ts'
import { openKeyRing, rotateKey, type KeyRing } from '../kernel/signing/key-ring.ts'
import { event } from '../ledger/event.ts'
import { keyRotated } from '../ledger/proof/events.ts'
import { openLog } from '../ledger/proof/log.ts'
import type { LedgerStore } from '../ledger/store/store.ts'

export type SigningOptions = {
  /** The data folder. */
  readonly folder: string
  readonly ledger: LedgerStore
  /** This server works on the ledger: its key is made known there. */
  readonly work: boolean
  readonly clock: Clock
  readonly newId: NewId
}

/** The keys of a data folder and the log they sign. @throws ThreewaysError `SIGNING_KEY_UNREADABLE` */
export async function openSigning({ folder, ledger, work, clock, newId }: SigningOptions) {
  let ring: KeyRing = await openKeyRing(folder, clock.instant())
  const log = openLog(ledger, () => ring, clock)
  if (work) await log.introduce(ring)
  return {
    log,
    ring: (): KeyRing => ring,
    async rotate(by: string, reason: string): Promise<void> {
      const from = ring.signer.keyid
      ring = await rotateKey(folder, clock.instant())
      await log.introduce(ring)
      const { keyid, publicKey } = ring.keys.at(-1)!
      const envelope = { id: newId(), time: clock.instant(), source: '/threeways/ledger', subject: keyid }
      await ledger.append([event(keyRotated, envelope, { from, publicKey, by, reason })])
    },
  }
}
