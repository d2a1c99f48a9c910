import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = process.env['THREEWAYS_URL'] ?? 'http://127.0.0.1:7333'

export default defineConfig({
  root: import.meta.dirname,
  // Absolute, because /runs/:id is served the same index.html as /.
  base: '/',
  plugins: [react()],
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
})
