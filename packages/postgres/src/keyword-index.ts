import { hash } from 'node:crypto';
import pg from 'pg';

/** The full-text index of one SemanticIndex, as SQL. */
export interface KeywordIndex {
  /** The index's own, unquoted. Another spec has another: what is searched is what was indexed. */
  name: string;
  /** What the names of all its indexes begin with, those of former specs too. */
  prefix: string;
  /** The table, quoted and qualified. */
  relation: string;
  /** The text search configuration, as an expression. */
  language: string;
  /**
   * The tsvector of a row, over columns without a qualifier. A query must say just this for the index to serve it.
   */
  document: string;
}

/**
 * Characters of a row that are indexed, all columns together: a tsvector over 1 MB is an error, which would be the
 * user's own write's, and a character has up to four bytes.
 */
const longestDocument = 65_536;

/**
 * Says what the full-text index over some columns is. The words of the first column count most, as a title's do.
 *
 * @param options.of name of the SemanticIndex
 */
export function keywordIndex(options: {
  of: string;
  schema: string;
  table: string;
  columns: readonly string[];
  language: string;
}): KeywordIndex {
  const { of, schema, table, columns } = options;
  const language = `${pg.escapeLiteral(options.language)}::regconfig`;
  const longest = Math.floor(longestDocument / columns.length);
  const document = columns
    .map((column, position) => {
      const text = `left(coalesce(${pg.escapeIdentifier(column)}::text, ''), ${longest})`;
      const words = `to_tsvector(${language}, ${text})`;
      return position === 0 ? `setweight(${words}, 'A')` : words;
    })
    .join(' || ');
  const relation = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
  const prefix = `aviary_keywords_${shortHash(of)}_`;
  return {
    name: prefix + shortHash(relation + document),
    prefix,
    relation,
    language,
    document: `(${document})`,
  };
}

const shortHash = (text: string) => hash('sha256', text).slice(0, 8);
