import { useEffect, useState, type ComponentType } from 'react'

/**
 * What comes when it is first shown, with nothing in its place until then. React's own `lazy` shows it no sooner than 300 ms after
 * that nothing, so that places do not flicker, however soon it came; and only then does it ask for what it shows.
 */
export function late<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let come: ComponentType<P> | undefined
  return function Late(props: P) {
    const [Come, setCome] = useState(() => come)
    const [problem, setProblem] = useState<{ readonly error: unknown }>()
    useEffect(() => {
      if (come !== undefined) return
      load().then(
        (component) => {
          come = component
          setCome(() => component)
        },
        (error: unknown) => setProblem({ error }),
      )
    }, [])
    if (problem !== undefined) throw problem.error
    return Come === undefined ? undefined : <Come {...props} />
  }
}
