import type { Outcome, Submission } from './append.ts'
import type { Receipt } from '../ledger.ts'

type Waiting = {
  readonly submission: Submission
  readonly resolve: (receipts: readonly Receipt[]) => void
  readonly reject: (reason: unknown) => void
}

/** So many events share one commit; a larger submission travels alone. */
const eventsMax = 512

/**
 * Group commit: while one flight is on its way to the disk, callers gather for the next. An idle ledger flies at once.
 */
export class Group {
  private readonly queue: Waiting[] = []
  private readonly fly: (submissions: readonly Submission[]) => Promise<readonly Outcome[]>
  private readonly isLost: (error: unknown) => boolean
  private flying: Promise<void> | undefined

  /**
   * @param fly - one transaction: outcomes in the order of the submissions
   * @param isLost - whether an error of a flight is the database's and not one of the submissions'
   */
  constructor(fly: Group['fly'], isLost: Group['isLost']) {
    this.fly = fly
    this.isLost = isLost
  }

  add(submission: Submission): Promise<readonly Receipt[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ submission, resolve, reject })
      this.flying ??= this.run()
    })
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.flying
  }

  private async run(): Promise<void> {
    // Callers of this very moment fly together.
    await Promise.resolve()
    while (this.queue.length > 0) await this.flight(this.boarding())
    this.flying = undefined
  }

  private boarding(): readonly Waiting[] {
    let events = 0
    let count = 0
    while (count < this.queue.length && (count === 0 || events + this.queue[count]!.submission.length <= eventsMax)) {
      events += this.queue[count]!.submission.length
      count++
    }
    return this.queue.splice(0, count)
  }

  private async flight(aboard: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.fly(aboard.map(({ submission }) => submission))
      outcomes.forEach((outcome, index) => {
        const { resolve, reject } = aboard[index]!
        if ('refused' in outcome) reject(outcome.refused)
        else resolve(outcome.receipts)
      })
    } catch (error) {
      if (aboard.length === 1 || this.isLost(error)) for (const { reject } of aboard) reject(error)
      // One of them cannot be written, for a reason only the database knows: each goes alone, and it fails alone.
      else for (const waiting of aboard) await this.flight([waiting])
    }
  }
}
