import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** Puts a .br and a .gz beside every script and style, as small as they get: the server only has to send them. */
export function compressedAssets(): Plugin {
  return {
    name: 'compressed-assets',
    apply: 'build',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const texts = Object.values(bundle).filter(({ fileName }) => /\.(js|css)$/.test(fileName));
        await Promise.all(
          texts.map(async (file) => {
            const { fileName } = file;
            const source = Buffer.from(file.type === 'chunk' ? file.code : file.source);
            const params = { [constants.BROTLI_PARAM_SIZE_HINT]: source.length };
            this.emitFile({
              type: 'asset',
              fileName: `${fileName}.br`,
              source: await brotli(source, { params }),
            });
            this.emitFile({
              type: 'asset',
              fileName: `${fileName}.gz`,
              source: await zip(source, { level: 9 }),
            });
          }),
        );
      },
    },
  };
}
