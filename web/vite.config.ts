// Builds web/dist, which the binary embeds. Nothing here runs on the box.
import { gzipSync, constants } from 'node:zlib';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, extname } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin, type Rolldown } from 'vite';

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

/** What of others ends up in the files that the binary carries: package → the file of its licence. */
const CARRIED: Record<string, string> = JSON.parse(readFileSync('carried.json', 'utf8'));

/** The package that a file belongs to; none for our own. */
function packageOf(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
}

/** The files that something of is in the bundle. */
function* filesIn(bundle: Rolldown.OutputBundle): Generator<string> {
  for (const part of Object.values(bundle)) {
    if (part.type === 'asset') yield* part.originalFileNames;
    else for (const [path, one] of Object.entries(part.modules)) if (one.renderedLength) yield path;
  }
}

/**
 * Puts the licences of carried parts beside them, as these licences ask; `scripts/parts` names them to
 * whoever asks what the box is of. So the list has to be what is really carried.
 */
function licences(): Plugin {
  return {
    name: 'stead-licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const found = new Set([...filesIn(bundle)].map(packageOf).filter((name) => name !== undefined));
      const wrong = [...found, ...Object.keys(CARRIED)].filter((name) => !found.has(name) || !(name in CARRIED));
      if (wrong.length) this.error(`carried.json has to name what the bundle is of, and is wrong in: ${wrong.join(', ')}`);
      const parts = Object.entries(CARRIED).map(
        ([name, file]) =>
          `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(`node_modules/${name}/${file}`, 'utf8').trim()}\n`,
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
