import type { Instant } from '../kernel/clock.ts'
import type { Of, Schema } from '../kernel/json-schema.ts'

/** The CDEvents version whose words we speak. */
export const cdEventsVersion = '0.5.1'

export type Link = Readonly<Record<string, unknown>>

/** CDEvents 0.5: one thing that happened (`context`) to one subject. */
export type CdEvent<Content = Readonly<Record<string, unknown>>> = {
  readonly context: {
    readonly specversion: string
    readonly id: string
    /** URI reference of the producer. (source, id) names the event; recording it twice is recording it once. */
    readonly source: string
    readonly type: string
    /** When it happened, RFC 3339; the ledger also keeps when it arrived. */
    readonly timestamp: string
    readonly schemaUri?: string
    /** Joins the events of one delivery: the pipeline run's id. */
    readonly chainId?: string
    readonly links?: readonly Link[]
  }
  readonly subject: { readonly id: string; readonly source?: string; readonly content: Content }
  readonly customData?: Readonly<Record<string, unknown>> | string
  readonly customDataContentType?: string
}

/** CloudEvents 1.0, JSON format, carrying a CDEvent. Extension attributes are kept as they came. */
export type CloudEvent = {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  readonly time?: string
  readonly datacontenttype?: string
  readonly data: CdEvent
  readonly [extension: string]: unknown
}

/** An event in the ledger. `seq` counts from 1 without gaps; it is arrival order, never used to decide what is true. */
export type RecordedEvent = {
  readonly seq: number
  readonly recordedAt: Instant
  readonly event: CloudEvent
}

/** One kind of event: its type string, its schema and its entry in the catalogue. */
export type EventType<Content> = {
  /** `dev.cdevents.<subject>.<predicate>.<version>` or `dev.cdeventsx.threeways-<subject>.<predicate>.<version>`. */
  readonly type: string
  /** One sentence for the catalogue. */
  readonly description: string
  readonly content: Schema<Content>
  /** What we add in `customData` to a standard event; others may send the same event without it. */
  readonly custom?: Schema<unknown>
}

/** A kind of event CDEvents has no word for. Type form: CDEvents custom events, `dev.cdeventsx.<tool>-<subject>.<predicate>`. */
export function ownEvent<Content>(name: `${string}.${string}`, description: string, content: Schema<Content>): EventType<Content> {
  return { type: `dev.cdeventsx.threeways-${name}.0.1.0`, description, content }
}

/** A kind of event of CDEvents itself that we write; the standard's own schema validates it too. */
export function standardEvent<Content, Custom>(
  name: `${string}.${string}.${number}.${number}.${number}`,
  description: string,
  content: Schema<Content>,
  custom: Schema<Custom>,
): EventType<Content> & { readonly custom: Schema<Custom> } {
  return { type: `dev.cdevents.${name}`, description, content, custom }
}

/** Any kind of event. */
export type AnyEventType = EventType<unknown>

/** The content of a kind of event. */
export type ContentOf<T> = T extends EventType<infer Content> ? Content : never
/** What we add to a kind of standard event. */
export type CustomOf<T> = T extends { readonly custom: Schema<infer Custom> } ? Custom : never

/** An event as a projection sees it: what happened, when, to what. No arrival order, so none can matter. */
export type Fact<Content = Readonly<Record<string, unknown>>> = {
  readonly type: string
  readonly source: string
  readonly id: string
  /** Event time, normalised to UTC with nine decimals, so that text order is time order. */
  readonly time: string
  readonly subject: string
  readonly content: Content
  readonly custom: Readonly<Record<string, unknown>>
  readonly chainId: string | undefined
}

/** Everything a new event needs besides its content; `id` and `time` come from the caller's edge. */
export type Envelope = {
  readonly id: string
  readonly time: Instant
  /** URI reference of the producer, `/threeways` for this server. */
  readonly source: string
  readonly subject: string
  readonly chainId?: string | undefined
}

/** Writes an event of a known kind as CloudEvents around CDEvents. Pure. */
export function event<Content, Custom>(
  kind: EventType<Content> & { readonly custom?: Schema<Custom> },
  envelope: Envelope,
  content: NoInfer<Content>,
  custom?: NoInfer<Custom>,
): CloudEvent {
  const { id, time, source, subject, chainId } = envelope
  return {
    specversion: '1.0',
    id,
    source,
    type: kind.type,
    subject,
    time,
    datacontenttype: 'application/json',
    data: {
      context: {
        specversion: cdEventsVersion,
        id,
        source,
        type: kind.type,
        timestamp: time,
        ...(chainId === undefined ? {} : { chainId }),
      },
      subject: { id: subject, content: content as Readonly<Record<string, unknown>> },
      ...(custom === undefined
        ? {}
        : { customData: custom as Readonly<Record<string, unknown>>, customDataContentType: 'application/json' }),
    },
  }
}

export type { Of }
