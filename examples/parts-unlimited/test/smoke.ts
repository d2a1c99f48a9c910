// Can the shop sell? Harmless in production: the purchase is a rehearsal, which the shop rolls back.
import { visit } from './visitor.ts'

const front = await visit('/')
const part = /name="part" value="(\d+)"/.exec(front.body)?.[1] ?? ''
const { cookie } = await visit('/basket', { part, add: '1' })
const order = { order: crypto.randomUUID(), name: 'Smoke', email: 'smoke@parts-unlimited.example', rehearse: '1' }
const checkout = await visit('/checkout', order, cookie)
console.log(`the front page answers ${front.status}, a rehearsed purchase ${checkout.status}`)
process.exitCode = checkout.status === 200 ? 0 : 1
