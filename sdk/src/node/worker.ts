import { Worker } from 'node:worker_threads'
import { NotNow, type Task } from '../dark/task.ts'

/** What a worker does: it imports the module once, and calls its function with whatever it is sent. */
const source = `
const { parentPort, workerData } = require('node:worker_threads')
const loaded = import(workerData.module)
loaded.catch(() => undefined)
parentPort.on('message', async ({ input }) => {
  const began = performance.now()
  try {
    const value = await (await loaded)[workerData.name](input)
    parentPort.postMessage({ value, ms: performance.now() - began })
  } catch (error) {
    parentPort.postMessage({ error: { name: error?.name, message: String(error?.message ?? error) }, ms: performance.now() - began })
  }
})
`

type Answer = { readonly value?: unknown; readonly error?: { readonly name?: string; readonly message: string }; readonly ms: number }

/**
 * A candidate that keeps the processor busy, in a thread of its own: one at a time, ended when its time is up. What goes in and comes
 * out is copied (structured clone).
 * @param module - the address of a module, as `new URL('./search.ts', import.meta.url)`
 * @param name - of a function that it exports
 * @returns makes a candidate of an input; while another is at work, the rehearsal is dropped rather than to wait
 */
export function workerCandidate(module: URL, name: string, options: { readonly memoryMb?: number } = {}) {
  let idle: Worker | undefined
  let busy = false

  function start(): Worker {
    const worker = new Worker(source, {
      eval: true,
      workerData: { module: module.href, name },
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb ?? 256 },
    })
    // Whenever it dies, also while nobody waits for it, that is no matter of the host's.
    worker.on('error', () => undefined)
    worker.once('exit', () => {
      if (idle === worker) idle = undefined
    })
    worker.unref()
    return worker
  }

  const candidate =
    (input: unknown) =>
    async (task: Task): Promise<unknown> => {
      if (busy) throw new NotNow('the worker is at work')
      busy = true
      try {
        const worker = idle ?? start()
        idle = undefined
        const value = await ask(worker, input, task)
        idle = worker
        return value
      } finally {
        busy = false
      }
    }

  return Object.assign(candidate, {
    /** Ends the thread. */
    close: async (): Promise<void> => void (await idle?.terminate()),
  })
}

function ask(worker: Worker, input: unknown, { signal, spent }: Task): Promise<unknown> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const end = (ms: number): void => {
      worker.off('error', failed).off('exit', ended).off('message', answered)
      signal.removeEventListener('abort', aborted)
      spent(ms)
    }
    const failed = (error: Error): void => {
      end(performance.now() - began)
      void worker.terminate()
      reject(error)
    }
    const ended = (code: number): void => failed(new Error(`the worker ended with ${code}`))
    const aborted = (): void => failed(signal.reason as Error)
    const answered = ({ value, error, ms }: Answer): void => {
      if (error !== undefined) return failed(Object.assign(new Error(error.message), { name: error.name ?? 'Error' }))
      end(ms)
      resolve(value)
    }
    worker.on('error', failed).on('exit', ended).on('message', answered)
    signal.addEventListener('abort', aborted, { once: true })
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ input })
    } catch (error) {
      // What cannot be copied: a function, a socket.
      failed(error as Error)
    }
  })
}
