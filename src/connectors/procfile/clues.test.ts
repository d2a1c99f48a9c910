import { expect, it } from 'vitest'
import { clueReaderContract, projectWith } from '../../flow/definition/init/clues.contract.ts'
import { procfile } from './clues.ts'

const example = '# processes\nweb: gunicorn app:app --bind 0.0.0.0:$PORT\nworker:  python worker.py\nrelease: ./migrate.sh\n\nnonsense\n'

clueReaderContract('Procfile', procfile, example)

it('reads process types; web has the port; release is no service', () => {
  const clues = procfile.read(projectWith({ Procfile: example }), '.')!
  expect(clues.services).toEqual([
    { name: 'web', folder: '.', command: { shell: 'gunicorn app:app --bind 0.0.0.0:$PORT' }, port: 3000 },
    { name: 'worker', folder: '.', command: { shell: 'python worker.py' } },
  ])
  expect(clues.leftOut!.map(({ what }) => what)).toEqual(['release: ./migrate.sh', 'the line "nonsense"'])
})
