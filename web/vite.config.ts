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

export default defineConfig(({ command }) => {
  // What is built is what ships, also when a test runner builds it: its NODE_ENV would choose the development form of React.
  if (command === 'build') process.env['NODE_ENV'] = 'production'
  return {
    root: import.meta.dirname,
    // Absolute, because /runs/:id is served the same index.html as /.
    base: '/',
    plugins: [react(), paintAfterTheme],
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2023',
      cssTarget: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
      // The content security policy has no data: in it.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: { proxy: { '/api': { target: server, changeOrigin: true } } },
  }
})
