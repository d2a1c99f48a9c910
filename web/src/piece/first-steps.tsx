import { CopyButton } from './copy-button.tsx'

/** What to do first where there is nothing yet. @param text - of a file that is to be there; undefined: `name` is a command */
export type FirstStep = { readonly name: string; readonly does: string; readonly text?: string }

/** Where a page has nothing to show: what to type, so that it has. */
export function FirstSteps({ steps }: { readonly steps: readonly FirstStep[] }) {
  return (
    <ol className="first-steps">
      {steps.map(({ name, does, text }) => (
        <li key={name}>
          <code>{name}</code>
          <span className="soft">{does}</span>
          <CopyButton text={text ?? name} what={name} />
          {text !== undefined && <pre tabIndex={0}>{text}</pre>}
        </li>
      ))}
    </ol>
  )
}
