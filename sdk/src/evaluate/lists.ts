import { isTruthy, type Node, type Run } from './node.ts'
import { countStep } from './steps.ts'

type OverList = (list: readonly unknown[], each: Run) => unknown

/** An operator that handles each item of a list; within it, `var` reads the item. */
function overList(handle: OverList): (args: readonly Node[]) => Run {
  return (args) => {
    const [list, each] = args
    return (data) => {
      const found = list?.run(data)
      return handle(Array.isArray(found) ? found : [], (item) => {
        countStep()
        return each?.run(item)
      })
    }
  }
}

function reducing(args: readonly Node[]): Run {
  const [list, each, first] = args
  return (data) => {
    const found = list?.run(data)
    let accumulator: unknown = first?.run(data) ?? null
    for (const current of Array.isArray(found) ? found : []) {
      countStep()
      accumulator = each?.run({ current, accumulator })
    }
    return accumulator
  }
}

/** JsonLogic's operators on lists. What is no list is an empty one; of an empty list, `all` is false. */
export const listOperators: Readonly<Record<string, (args: readonly Node[]) => Run>> = {
  map: overList((list, each) => list.map((item) => each(item) ?? null)),
  filter: overList((list, each) => list.filter((item) => isTruthy(each(item)))),
  all: overList((list, each) => list.length > 0 && list.every((item) => isTruthy(each(item)))),
  none: overList((list, each) => !list.some((item) => isTruthy(each(item)))),
  some: overList((list, each) => list.some((item) => isTruthy(each(item)))),
  reduce: reducing,
}
