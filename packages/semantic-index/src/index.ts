export { celRulesOf, type CelRule } from './cel-rules.ts';
export { SpecError, loadSemanticIndexes } from './load.ts';
export {
  semanticIndexSchema,
  servicePart,
  specSchema,
  capturedAsAnnotation,
  toSemanticIndex,
  type SemanticIndex,
  type SemanticIndexSpec,
} from './schema.ts';
export { statusSchema, type SemanticIndexStatus } from './status.ts';
export { fillTemplate, parseTemplate, type TextTemplate } from './template.ts';
