/** A table with a key of two columns, and rows to be told apart by meaning. */
export const bookTable = `
  create table book (shelf text, place integer, title text, summary text, primary key (shelf, place));
  insert into book values
    ('A', 1, 'Moby-Dick', 'A captain hunts a white whale across the oceans.'),
    ('A', 2, 'Walden', 'Two years alone in a cabin by a pond.'),
    ('B', 1, 'Dracula', 'A count from Transylvania drinks blood at night.'),
    ('B', 2, 'Middlemarch', 'A young woman marries a dry scholar in an English town.'),
    ('C', 1, 'Frankenstein', 'A student gives life to a creature made of dead bodies.')`;

/** Finds Moby-Dick first. */
export const whaleHunt = 'a sailor who is after a huge animal of the sea';

/** A SemanticIndex over that table, in a namespace of its own name. */
export const bookIndex = (name: string, deletionPolicy: 'Delete' | 'Retain') => ({
  apiVersion: 'aviary.dev/v1alpha1',
  kind: 'SemanticIndex',
  metadata: { name },
  spec: {
    source: { table: 'book', text: '{{title}}: {{summary}}', metadata: ['title'] },
    embedding: { model: 'text-embedding-3-small', dimensions: 384 },
    target: { index: 'aviary', namespace: name },
    deletionPolicy,
  },
});
