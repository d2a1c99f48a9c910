/** Sequences that steer a terminal: colours, cursor, window title. */
const steering = /\u001B(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[ -/]*[0-~])/g
/** Controls but tab and line feed. PostgreSQL stores no zero character at all. */
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g

/** As much of a reason as an event keeps; a surrogate pair that it cuts in two would be refused. */
export const bounded = (reason: string): string => reason.slice(0, 8192).toWellFormed()

/** What a program wrote, as text that can be kept and read anywhere: no steering sequences, no controls, well-formed Unicode. */
export function legible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(steering, '').replace(controls, '\uFFFD').toWellFormed()
}

export const firstLine = (text: string): string => text.split('\n', 1)[0]!
