import { Route, Switch, Link } from 'wouter'
import { CandidatePage } from './candidate/candidate-page.tsx'
import { LinePage } from './line/line-page.tsx'
import { RunPage } from './run/run-page.tsx'
import { Announcer } from './shell/announcer.tsx'
import { ConnectionBar } from './shell/connection-bar.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { Header } from './shell/header.tsx'
import { Notice } from './shell/notice.tsx'
import { useFavicon, useTitle } from './shell/document-state.ts'

export function App() {
  useFavicon()
  return (
    <ErrorBoundary>
      <a className="skip" href="#main">
        To the content
      </a>
      <ConnectionBar />
      <Header />
      <main id="main" tabIndex={-1}>
        <Switch>
          <Route path="/" component={LinePage} />
          <Route path="/runs/:id" component={RunPage} />
          <Route path="/candidates/:digest" component={CandidatePage} />
          <Route component={Unknown} />
        </Switch>
      </main>
      <Announcer />
    </ErrorBoundary>
  )
}

function Unknown() {
  useTitle('No such page')
  return (
    <Notice title="The line does not stop here">
      <p>
        There is no page at <code>{location.pathname}</code>.
      </p>
      <Link className="button strong" href="/">
        To the line
      </Link>
    </Notice>
  )
}
