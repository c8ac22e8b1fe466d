import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import { compressedAssets } from './compressed-assets.ts';

export default defineConfig({
  plugins: [vue(), compressedAssets()],
  // The server puts a nonce in its place with each answer.
  html: { cspNonce: 'CSP_NONCE' },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    // The content security policy takes fonts and images from files only.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What a chunk shares with others may not run before what the entry imports first: see zod-without-eval.ts.
    rolldownOptions: { output: { strictExecutionOrder: true } },
  },
  // `npm run dev` beside a running server.
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/auth': 'http://127.0.0.1:8080' } },
});
