import { Route, Switch, Link } from 'wouter'
import { CandidatePage } from './candidate/candidate-page.tsx'
import { EnvironmentPage } from './environment/environment-page.tsx'
import { EnvironmentsPage } from './environment/environments-page.tsx'
import { EstatePage } from './estate/estate-page.tsx'
import { InboxPage } from './inbox/inbox-page.tsx'
import { LinePage } from './line/line-page.tsx'
import { RunPage } from './run/run-page.tsx'
import { Announcer } from './shell/announcer.tsx'
import { ConnectionBar } from './shell/connection-bar.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { Header } from './shell/header.tsx'
import { Notice } from './shell/notice.tsx'
import { StopsPage } from './stops/stops-page.tsx'
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
          <Route path="/" component={EstatePage} />
          <Route path="/lines/:stream" component={LinePage} />
          <Route path="/approvals" component={InboxPage} />
          <Route path="/stops" component={StopsPage} />
          <Route path="/environments" component={EnvironmentsPage} />
          <Route path="/environments/:stream/:name" component={EnvironmentPage} />
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
        To the services
      </Link>
    </Notice>
  )
}
