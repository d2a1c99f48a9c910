import { Component, type ReactNode } from 'react'

type State = { readonly message: string | undefined }

/** A defect of the page itself: said, with a way on, instead of a white screen. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { message: undefined }

  static getDerivedStateFromError(error: unknown): State {
    return { message: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    if (this.state.message === undefined) return this.props.children
    return (
      <main className="notice">
        <h1>This page broke</h1>
        <p>
          The line itself goes on. What broke: <code>{this.state.message}</code>
        </p>
        <button type="button" className="button strong" onClick={() => location.reload()}>
          Reload the page
        </button>
      </main>
    )
  }
}
