import { expect, test } from 'vitest'
import { prepareBatch } from './batch.ts'
import type { Prepared } from './store/append.ts'

test('others have their turn while a large batch is checked, and its order stays', async () => {
  let turns = 0
  const others = setInterval(() => turns++, 0)
  const checkSlowly = (value: number): Prepared => {
    for (const end = performance.now() + 3; performance.now() < end;);
    return { name: String(value) } as Prepared
  }
  const prepared = await prepareBatch([1, 2, 3, 4, 5, 6, 7, 8], checkSlowly)
  clearInterval(others)
  expect(prepared.map(({ name }) => name)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
  expect(turns).toBeGreaterThan(0)
})
