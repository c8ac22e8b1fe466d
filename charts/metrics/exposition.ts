/** What one or several /metrics pages show: of each sample's name its labels, and their values. */
export type Shown = Map<string, Map<string, Set<string>>>;

const declaration = /^# TYPE (\S+) (\S+)$/;
const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/;
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Adds what a page in Prometheus' text format shows; a metric without samples is there, without labels. */
export function addPage(shown: Shown, page: string): void {
  for (const line of page.split('\n')) {
    const [, declared, type] = declaration.exec(line) ?? [];
    if (declared !== undefined) {
      const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const suffix of suffixes) labelsOf(declared + suffix);
    }
    const [, name, pairs = ''] = sample.exec(line) ?? [];
    if (name === undefined) continue;
    for (const [, label = '', value = ''] of pairs.matchAll(pair)) {
      const labels = labelsOf(name);
      labels.set(label, (labels.get(label) ?? new Set()).add(value));
    }
  }

  function labelsOf(name: string): Map<string, Set<string>> {
    const labels = shown.get(name) ?? new Map<string, Set<string>>();
    shown.set(name, labels);
    return labels;
  }
}
