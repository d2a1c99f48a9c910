import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const server = process.env['THREEWAYS_URL'] ?? 'http://127.0.0.1:7333'

/** The page's script chooses the theme, so nothing is painted before it: a chosen theme never flashes the other one. */
const paintAfterTheme: Plugin = {
  name: 'paint-after-theme',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
}

/** The page itself is asked for together with the small script before it, not after it. */
const preloadPage: Plugin = {
  name: 'preload-page',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle = {} }) => {
      const start = Object.values(bundle).find((file) => file.type === 'chunk' && file.facadeModuleId?.endsWith('/src/start.tsx') === true)
      if (start?.type !== 'chunk') return html
      const links = [start.fileName, ...start.imports].map((name) => `<link rel="modulepreload" crossorigin href="/${name}">`)
      return html.replace('</head>', `${links.join('')}</head>`)
    },
  },
}

/** Small once, when it is built, and not for each who asks. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  async writeBundle({ dir }) {
    for (const entry of await readdir(dir!, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue
      const file = path.join(entry.parentPath, entry.name)
      const content = await readFile(file)
      await Promise.all([writeFile(`${file}.br`, brotliCompressSync(content)), writeFile(`${file}.gz`, gzipSync(content))])
    }
  },
}

export default defineConfig(({ command }) => {
  // What is built is what ships, also when a test runner builds it: its NODE_ENV would choose the development form of React.
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return {
    root: import.meta.dirname,
    // Absolute, because /runs/:id is served the same index.html as /.
    base: '/',
    plugins: [react(), paintAfterTheme, preloadPage, compressed],
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2023',
      cssTarget: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
      // The content security policy has no data: in it.
      assetsInlineLimit: 0,
      // In one, so that it always comes in the same order.
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
    },
    server: { proxy: { '/api': { target: server, changeOrigin: true } } },
  }
})
