import type { Problem } from '../api/problem.ts'

/** A refusal as the server words it: what, each fault at its place, what to do. */
export function ProblemNote({ problem }: { readonly problem: Problem }) {
  return (
    <div className="problem" role="alert">
      <p>{problem.message}</p>
      {problem.faults.length > 0 && (
        <ul>
          {problem.faults.map((fault) => (
            <li key={fault.path + fault.message}>
              <code>{fault.path}</code> {fault.message}
              {fault.help !== undefined && <span className="soft"> ({fault.help})</span>}
            </li>
          ))}
        </ul>
      )}
      {problem.help !== undefined && (
        <p>
          <Ticked text={problem.help} />
        </p>
      )}
    </div>
  )
}

/** Text with `commands` in back-ticks, as the server writes its help. */
export function Ticked({ text }: { readonly text: string }) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={`${index}${part}`}>{part}</code> : part))
}
