export { SpecError, loadSemanticIndexes } from './load.ts';
export { semanticIndexSchema, toSemanticIndex, type SemanticIndex } from './schema.ts';
export { fillTemplate, parseTemplate, type TextTemplate } from './template.ts';
