/** A SemanticIndex of a table that nobody made. */
export const sampleIndex = (name: string, state: 'Running' | 'Paused') => ({
  apiVersion: 'aviary.dev/v1alpha1',
  kind: 'SemanticIndex',
  metadata: { name },
  spec: {
    state,
    source: { table: name, text: '{{name}}' },
    embedding: { model: 'text-embedding-3-small', dimensions: 8 },
    target: { index: 'aviary', namespace: name },
  },
});
