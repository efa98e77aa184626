// Builds web/dist, which the binary embeds. Nothing here runs on the box.
import { gzipSync, constants } from 'node:zlib';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, extname } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const WORTH_PACKING = new Set(['.js', '.css', '.svg', '.webmanifest', '.txt']);

/**
 * Writes `file.gz` in place of every text file, so that the box never compresses an asset itself and
 * carries each once. The page itself stays plain: it is small, and comes first.
 */
function precompress(): Plugin {
  let folder = 'dist';
  return {
    name: 'stead-precompress',
    apply: 'build',
    configResolved: (config) => void (folder = config.build.outDir),
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !WORTH_PACKING.has(extname(entry.name))) continue;
        const path = join(entry.parentPath, entry.name);
        const packed = gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION });
        writeFileSync(`${path}.gz`, packed);
        rmSync(path);
      }
    },
  };
}

/** What of others ends up in the files that the binary carries, with where its licence lies. */
const CARRIED = {
  Svelte: 'node_modules/svelte/LICENSE.md',
  'Figtree, the typeface': 'node_modules/@fontsource-variable/figtree/LICENSE',
};

/** Puts the licences of carried parts beside them, as these licences ask. */
function licences(): Plugin {
  return {
    name: 'stead-licences',
    apply: 'build',
    generateBundle() {
      const parts = Object.entries(CARRIED).map(
        ([name, path]) => `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(path, 'utf8').trim()}\n`,
      );
      this.emitFile({ type: 'asset', fileName: 'assets/licences.txt', source: parts.join('\n\n') });
    },
  };
}

// `npm run dev` shows the app of this folder over a server that already runs on loopback http.
// The guards of that server compare Host and Origin, so both are set to its own address.
const target = process.env.STEAD_DEV_TARGET ?? 'http://127.0.0.1:8080';
const proxied = {
  target,
  changeOrigin: true,
  headers: { origin: target },
};

export default defineConfig({
  plugins: [svelte(), licences(), precompress()],
  build: {
    target: 'es2022',
    // The policy of every page allows images from data: but fonts and styles only from 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/api': proxied, '/stream': proxied },
  },
});
