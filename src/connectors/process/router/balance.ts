/** One instance as the router sees it. */
export type Target = {
  readonly id: string
  readonly port: number
  /** Unix socket that leads to it, when the port is one of a network of its own. */
  readonly socket?: string
}

/** A deployment's part in the traffic of one service. */
export type Backend = {
  /** Names the deployment. */
  readonly deployment: string
  readonly percent: number
  readonly instances: readonly Target[]
}

export type Chosen = { readonly deployment: string; readonly target: Target }

/**
 * Divides what comes between deployments: of every hundred in a row each gets exactly its percents, spread evenly (smooth
 * weighted round-robin, as nginx has it). Chance would give a canary of 5 % anything between 1 and 10 of the first hundred.
 */
export function makeBalance() {
  let backends: readonly Backend[] = []
  /** How much each is owed; the most wins, and pays with what was handed out. */
  const owed = new Map<string, number>()
  const turns = new Map<string, number>()

  function inTurn({ deployment, instances }: Backend, except?: string): Chosen {
    const others = instances.filter(({ id }) => id !== except)
    const from = others.length > 0 ? others : instances
    const turn = turns.get(deployment) ?? 0
    turns.set(deployment, turn + 1)
    return { deployment, target: from[turn % from.length]! }
  }

  const serving = () => backends.filter(({ percent, instances }) => percent > 0 && instances.length > 0)

  function byShare(among: readonly Backend[]): Backend | undefined {
    let total = 0
    let best: Backend | undefined
    for (const backend of among) {
      total += backend.percent
      owed.set(backend.deployment, (owed.get(backend.deployment) ?? 0) + backend.percent)
      if (best === undefined || owed.get(backend.deployment)! > owed.get(best.deployment)!) best = backend
    }
    if (best) owed.set(best.deployment, owed.get(best.deployment)! - total)
    return best
  }

  return {
    set(next: readonly Backend[]): void {
      const sharesOf = (all: readonly Backend[]) => all.map(({ deployment, percent }) => `${deployment} ${percent}`).join()
      // Also called when only an instance came or went: what is owed stays owed.
      if (sharesOf(next) !== sharesOf(backends)) owed.clear()
      backends = next
    },

    next(): Chosen | undefined {
      const backend = byShare(serving())
      return backend && inTurn(backend)
    },

    /** The instance itself, another of its deployment, or nothing when that has no share. */
    at(deployment: string, instance: string): Chosen | undefined {
      const backend = serving().find((one) => one.deployment === deployment)
      if (!backend) return undefined
      const target = backend.instances.find(({ id }) => id === instance)
      return target ? { deployment, target } : inTurn(backend)
    },

    /** Another instance of the same candidate, in the same deployment if it has one. */
    beside({ deployment, target: { id } }: Chosen, isSame: (deployment: string) => boolean): Target | undefined {
      const all = serving().filter((one) => isSame(one.deployment))
      const own = all.find((one) => one.deployment === deployment)
      const others = [...(own ? [own] : []), ...all].flatMap(({ instances }) => instances)
      return others.find((target) => target.id !== id)
    },

    /** Where a request goes that failed: to another instance if there is any, of the same deployment if it has one. */
    instead({ deployment, target: { id } }: Chosen): Chosen | undefined {
      const all = serving()
      const same = all.find((one) => one.deployment === deployment)
      if (same && same.instances.some((one) => one.id !== id)) return inTurn(same, id)
      const others = all.filter((one) => one !== same)
      const backend = byShare(others.length > 0 ? others : all)
      return backend && inTurn(backend)
    },
  }
}

export type Balance = ReturnType<typeof makeBalance>
