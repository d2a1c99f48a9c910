/**
 * Visitors of the shop who are not there: browsers that look, fill a basket and sometimes order, over HTTP and with cookies as real ones.
 *
 *     node examples/parts-unlimited/story/visitors.ts [http://127.0.0.1:7333] [--visitors 4000] [--second 20]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

export type Visits = {
  /** Where the shop is. */
  readonly shop: string
  readonly visitors: number
  /** New visitors a second. */
  readonly perSecond: number
  readonly random?: () => number
}

export type Seen = { visitors: number; ordered: number; 'in the basket': number; 'on a page of its own': number; failed: number }

const atOnce = 50
/** The shelves are full of these. */
const plenty = [3, 4]
/** A page of its own is what they like: an experiment should find it out. */
const orders = { 'in the basket': 0.2, 'on a page of its own': 0.3 }

/** Plays until all have come and gone. */
export async function visitShop({ shop, visitors, perSecond, random = Math.random }: Visits): Promise<Seen> {
  const seen: Seen = { visitors: 0, ordered: 0, 'in the basket': 0, 'on a page of its own': 0, failed: 0 }
  const inside = new Set<Promise<void>>()
  for (let visitor = 0; visitor < visitors; visitor++) {
    const visit = visitOnce(shop, random, seen).catch(() => void seen.failed++)
    inside.add(visit)
    void visit.then(() => inside.delete(visit))
    while (inside.size >= atOnce) await Promise.race(inside)
    await sleep(1_000 / perSecond)
  }
  await Promise.all(inside)
  return seen
}

async function visitOnce(shop: string, random: () => number, seen: Seen): Promise<void> {
  const ask = browser(shop)
  await ask('/')
  if (random() < 0.3) await ask('/?q=brake')
  await ask('/basket', { part: String(plenty[Math.floor(random() * plenty.length)]), add: '1' })
  let page = await ask('/basket')
  const form = page.includes('Buy for ') ? 'in the basket' : 'on a page of its own'
  if (form === 'on a page of its own') page = await ask('/checkout')
  seen.visitors++
  seen[form]++
  if (random() >= orders[form]) return
  const order = /name="order" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const thanks = await ask('/checkout', { order, name: 'Somebody', email: 'somebody@mail.example' })
  if (thanks.includes('Thank you')) seen.ordered++
  else seen.failed++
}

/** Keeps cookies and follows no redirect. */
function browser(shop: string) {
  const jar = new Map<string, string>()
  return async (path: string, form?: Readonly<Record<string, string>>): Promise<string> => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const post = form && { method: 'POST', body: new URLSearchParams(form) }
    const answer = await fetch(new URL(path, shop), { ...post, headers: { cookie }, redirect: 'manual', signal: AbortSignal.timeout(10_000) })
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!
      jar.set(name!, value!)
    }
    return answer.text()
  }
}

/** @throws Error that says what is missing */
async function productionOf(server: string): Promise<string> {
  const wrong = `no shop at ${server}: start one with npm start, or give the server's address`
  const answer = await fetch(new URL('/api/environments', server)).catch(() => undefined)
  if (answer?.ok !== true) throw new Error(wrong)
  const { environments } = (await answer.json()) as { environments: { id: string; urls: Record<string, string> }[] }
  const url = environments.find(({ id }) => id === 'parts-unlimited/production')?.urls['web']
  if (url === undefined) throw new Error(wrong)
  return url
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { visitors: { type: 'string', default: '4000' }, second: { type: 'string', default: '20' } },
  })
  try {
    const shop = await productionOf(positionals[0] ?? 'http://127.0.0.1:7333')
    console.log(`visitors come to ${shop}`)
    if ((await (await fetch(shop)).text()).includes('no flags are reached'))
      console.error(
        `the shop reaches no flags, so that nothing will be counted: FLAGS_URL in its threeways.yaml should begin with ${positionals[0] ?? 'the server’s address'}; commit that, and it is delivered`,
      )
    const seen = await visitShop({ shop, visitors: Number(values.visitors), perSecond: Number(values.second) })
    console.log(Object.entries(seen).map(([what, count]) => `${count.toLocaleString('en')} ${what}`).join(', '))
    if (seen.failed > 0) process.exitCode = 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
