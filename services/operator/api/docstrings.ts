import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * Docstrings of the fields of a zod schema, by their paths below the constant that holds it, as `spec.source.table`. A
 * field without one has that of the constant it is made of.
 *
 * @throws Error when the file has no such constant
 */
export function docstringsOf(file: string, constant: string): ReadonlyMap<string, string> {
  const text = readFileSync(file, 'utf8');
  const constants = constantsOf(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  const found = new Map<string, string>();
  const root = constants.get(constant)?.initializer;
  if (root === undefined) throw new Error(`${file} declares no ${constant}`);
  walk(root, '');
  return found;

  function walk(schema: ts.Expression, path: string): void {
    const fields = layers(schema, constants).find(ts.isObjectLiteralExpression);
    for (const field of fields?.properties ?? []) {
      if (!ts.isPropertyAssignment(field) && !ts.isShorthandPropertyAssignment(field)) continue;
      const name = `${path}${field.name.getText()}`;
      const value = ts.isPropertyAssignment(field) ? field.initializer : field.name;
      const docs = docstring(field) ?? docstringOfConstant(value);
      if (docs !== undefined) found.set(name, docs);
      walk(value, `${name}.`);
    }
  }

  function docstringOfConstant(schema: ts.Expression): string | undefined {
    const name = layers(schema, constants).find(ts.isIdentifier)?.text;
    const declared = name === undefined ? undefined : constants.get(name);
    return declared && docstring(declared);
  }
}

type Constants = ReadonlyMap<string, ts.VariableDeclaration>;

function constantsOf(source: ts.SourceFile): Constants {
  const declared = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations);
  return new Map(declared.map((declaration) => [declaration.name.getText(), declaration]));
}

/** `obeying(z.array(word).max(8).optional())` is that, then `z.array(word).max(8)`, … and at last what `word` is. */
function layers(schema: ts.Expression, constants: Constants): ts.Expression[] {
  const inner = innerOf(schema, constants);
  return inner === undefined ? [schema] : [schema, ...layers(inner, constants)];
}

function innerOf(schema: ts.Expression, constants: Constants): ts.Expression | undefined {
  if (ts.isIdentifier(schema)) return constants.get(schema.text)?.initializer;
  if (!ts.isCallExpression(schema)) return undefined;
  const { expression: called, arguments: given } = schema;
  const isMethod = ts.isPropertyAccessExpression(called) && called.expression.getText() !== 'z';
  return isMethod ? called.expression : given[0];
}

function docstring(node: ts.Node): string | undefined {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment;
  return ts.getTextOfJSDocComment(comment)?.replaceAll(/\s+/g, ' ');
}
