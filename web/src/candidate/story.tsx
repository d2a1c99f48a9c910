import type { StoryEvent } from '../api/types.ts'
import { dayOf, timeOfDay } from '../piece/time.ts'

/** Which signal an event's kind shows; everything else is a plain dot. */
const signals: readonly (readonly [RegExp, string])[] = [
  [/(failed|rolledback|rolled-back|stopped|hold|held)/i, 'stop'],
  [/bypassed/i, 'wait'],
  [/(started|queued)/i, 'move'],
  [/(finished|deployed|upgraded|published|built|promoted|verified|packaged|released)/i, 'go'],
]

function signalOfEvent(event: StoryEvent): string {
  const failed = /\b(fail|failed|red|rolled back|stopped|refused|held)\b/i.test(event.sentence)
  return failed ? 'stop' : (signals.find(([kind]) => kind.test(event.type))?.[1] ?? 'idle')
}

/** Everything that happened, as sentences in the order of time. */
export function Story({ events }: { readonly events: readonly StoryEvent[] }) {
  const days = [...Map.groupBy(events, (event) => dayOf(event.time))]
  return (
    <section className="story" aria-labelledby="story-title">
      <h2 id="story-title">What happened</h2>
      {events.length === 0 && <p className="soft">Nothing is recorded about it.</p>}
      {days.map(([day, ofDay]) => (
        <div key={day}>
          <h3>{day}</h3>
          <ol>
            {ofDay.map((event) => (
              <li
                key={event.seq}
                className={`signal-${signalOfEvent(event)}${event.type.includes('.taskrun.') && signalOfEvent(event) !== 'stop' ? ' story-minor' : ''}`}
              >
                <time dateTime={event.time} title={event.time}>
                  {timeOfDay(event.time)}
                </time>
                <i aria-hidden="true" />
                <p>
                  {event.sentence}
                  <span className="soft mono">
                    {event.type.replace(/^dev\.cdevents(x\.threeways-)?\.?/, '').replace(/\.\d+\.\d+\.\d+$/, '')} #{event.seq}
                  </span>
                </p>
              </li>
            ))}
          </ol>
        </div>
      ))}
    </section>
  )
}
