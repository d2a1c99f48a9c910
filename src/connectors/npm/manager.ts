import type { ProjectFiles } from '../../flow/definition/init/clues.port.ts'

/** How a package manager is told what to do, from the root of the repository. */
export type Manager = {
  /** There is a lock file. */
  readonly locked: boolean
  readonly install: readonly string[]
  run(script: string): readonly string[]
  /** A script of all workspaces that have it. */
  inAll(script: string): readonly string[]
}

/** Known by its lock file, else by `packageManager` in package.json, else npm. */
export function managerOf(project: ProjectFiles, folder: string, declared: string | undefined): Manager {
  const has = (name: string) => {
    const path = folder === '.' ? name : `${folder}/${name}`
    return path in project.files || project.paths.includes(path)
  }
  const elsewhere = folder !== '.'
  if (has('pnpm-lock.yaml') || declared?.startsWith('pnpm@')) return pnpm(has('pnpm-lock.yaml'), elsewhere ? ['--dir', folder] : [])
  if (has('yarn.lock') || declared?.startsWith('yarn@')) {
    const modern = has('.yarnrc.yml') || /^yarn@([2-9]|\d\d)/.test(declared ?? '')
    return yarn(has('yarn.lock'), modern, elsewhere ? ['--cwd', folder] : [])
  }
  if (has('bun.lock') || has('bun.lockb')) return bun(elsewhere ? ['--cwd', folder] : [])
  return plainNpm(has('package-lock.json') || has('npm-shrinkwrap.json'), elsewhere ? ['--prefix', folder] : [])
}

function plainNpm(locked: boolean, where: readonly string[]): Manager {
  return {
    locked,
    install: ['npm', ...where, locked ? 'ci' : 'install'],
    run: (script) => (script === 'test' ? ['npm', ...where, 'test'] : ['npm', ...where, 'run', script]),
    inAll: (script) => ['npm', ...where, 'run', script, '--workspaces', '--if-present'],
  }
}

function pnpm(locked: boolean, where: readonly string[]): Manager {
  return {
    locked,
    install: ['pnpm', ...where, 'install', ...(locked ? ['--frozen-lockfile'] : [])],
    run: (script) => ['pnpm', ...where, 'run', script],
    inAll: (script) => ['pnpm', ...where, '--recursive', 'run', script],
  }
}

function yarn(locked: boolean, modern: boolean, where: readonly string[]): Manager {
  return {
    locked,
    install: ['yarn', ...where, 'install', ...(locked ? [modern ? '--immutable' : '--frozen-lockfile'] : [])],
    run: (script) => ['yarn', ...where, 'run', script],
    inAll: (script) => ['yarn', ...where, 'workspaces', ...(modern ? ['foreach', '--all'] : []), 'run', script],
  }
}

function bun(where: readonly string[]): Manager {
  return {
    locked: true,
    install: ['bun', 'install', ...where, '--frozen-lockfile'],
    run: (script) => ['bun', 'run', ...where, script],
    inAll: (script) => ['bun', 'run', ...where, '--filter', './packages/*', script],
  }
}
