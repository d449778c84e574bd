// Builds static files with relative addresses (the page may stand below any path) and without
// anything inline (its content security policy).
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// The development server serves the document at every depth without changing its <base>.
const baseForServing: Plugin = {
  name: 'base-for-serving',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace('<base href="./">', '<base href="/">'),
};

export default defineConfig({
  base: './',
  plugins: [react(), baseForServing],
  server: {
    proxy: { '/v1': process.env['HEADRACE_URL'] ?? 'http://127.0.0.1:8082' },
  },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  worker: { format: 'es' },
});
