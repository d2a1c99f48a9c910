import type { ClueReader, Clues, FoundService } from '../../flow/definition/init/clues.port.ts'

/** The first process type gets the port where it is called `web`, as on Heroku. */
const webPort = 3000

/** Reads process types from a Procfile: `web: node server.js`. */
export const procfile: ClueReader = {
  reads: ['Procfile'],
  read({ files }, folder) {
    const from = folder === '.' ? 'Procfile' : `${folder}/Procfile`
    const text = files[from]
    if (text === undefined) return undefined
    const services: FoundService[] = []
    const leftOut: { what: string; why: string }[] = []
    for (const line of text.split(/\r?\n/)) {
      if (line.trim() === '' || line.trimStart().startsWith('#')) continue
      const [, name, command] = /^\s*([A-Za-z0-9_-]+)\s*:\s*(.+?)\s*$/.exec(line) ?? []
      if (name === undefined || command === undefined) leftOut.push({ what: `the line "${line.trim()}"`, why: 'it is not `name: command`' })
      else if (name === 'release')
        leftOut.push({ what: `release: ${command}`, why: 'it runs once and ends; run it in the start of the service, or in its seed' })
      else services.push({ name, folder, command: { shell: command }, ...(name === 'web' ? { port: webPort } : {}) })
    }
    return { from, services, leftOut } satisfies Clues
  },
}
