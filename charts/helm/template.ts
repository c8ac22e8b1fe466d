import type { Placeholders } from './placeholders.ts';

/** Of an address block: the list it stands for, and how deep it is. */
const addressBlock = /^( *)- ipBlock:\n +cidr: (zz\d+zz)\n/gm;
const scalar = /^(\s*(?:- )?(?:[\w./-]+: )?)(.*)$/;

/** Makes a Helm template of manifests whose values are placeholders. */
export function templateOf(manifest: string, placeholders: Placeholders): string {
  const withRanges = manifest.replace(addressBlock, (block, indent: string, cidr: string) => {
    const [list] = placeholders.in(cidr);
    if (list === undefined) return block;
    return `${indent}{{- range $.Values.${list.path} }}\n${indent}- ipBlock:\n${indent}    cidr: {{ . | quote }}\n${indent}{{- end }}\n`;
  });
  return withRanges
    .split('\n')
    .map((line) => lineOf(line, placeholders))
    .join('\n');
}

function lineOf(line: string, placeholders: Placeholders): string {
  const [, key = '', value = ''] = scalar.exec(line) ?? [];
  const found = placeholders.in(value);
  const [first] = found;
  if (first === undefined) return line;
  const bare = value.replace(/^"(.*)"$/, '$1');
  if (found.length === 1 && first.kind !== 'list' && first.to - first.from === bare.length) {
    const number = first.kind === 'number' ? ' | int' : '';
    const quoted = first.kind === 'string' || bare !== value ? ' | quote' : '';
    // Of no pods there is no fallback: the least of the values that may be none.
    if (first.path === 'emu.min' && key.trim() === 'replicas:') {
      return `${key}{{ max 1 (int $.Values.emu.min) }}`;
    }
    return `${key}{{ $.Values.${first.path}${number}${quoted} }}`;
  }
  return `${key}"${interpolated(bare, placeholders)}"`;
}

/** A text around placeholders; where one of them is a list, once for each of it, with commas. */
function interpolated(text: string, placeholders: Placeholders): string {
  const found = placeholders.in(text);
  const list = found.find(({ kind }) => kind === 'list');
  let filled = '';
  let at = 0;
  for (const { path, kind, from, to } of found) {
    const expression =
      kind === 'list' ? '$item' : `$.Values.${path}${kind === 'number' ? ' | int' : ''}`;
    filled += `${text.slice(at, from)}{{ ${expression} }}`;
    at = to;
  }
  filled += text.slice(at);
  if (list === undefined) return filled;
  return `{{ range $position, $item := $.Values.${list.path} }}{{ if $position }},{{ end }}${filled}{{ end }}`;
}
