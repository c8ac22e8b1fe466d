import { join } from 'node:path';
import ts from 'typescript';

/**
 * What each service asks of SQS, read in its code: the methods of Queue and the functions that make queues which its
 * program reaches, and the SDK's commands in those. Which queue a call goes to cannot be read there.
 */
export function queueCalls(root: string, entries: readonly string[]): Set<string> {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
    ts.sys,
    root,
  );
  const program = ts.createProgram(
    entries.map((entry) => join(root, entry)),
    options,
    hostOf(options),
  );
  const checker = program.getTypeChecker();
  const actions = new Map(
    sources.flatMap((file) => [...actionsOf(program, join(root, 'packages/queue/src', file))]),
  );
  const found = new Set<string>();
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || !/\/(services|packages)\//.test(file.fileName)) continue;
    if (/\/packages\/(queue|testing)\//.test(file.fileName)) continue;
    visit(file, (node) => {
      if (!ts.isCallExpression(node)) return;
      for (const action of actions.get(calledBy(node, checker)) ?? []) found.add(action);
    });
  }
  return found;
}

/** Of packages/queue: whatever sends a command. */
const sources = ['queue.ts', 'provision.ts'];

/** Of what is called the declaration, wherever it was imported from. */
function calledBy({ expression }: ts.CallExpression, checker: ts.TypeChecker): ts.Node | undefined {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  const symbol = checker.getSymbolAtLocation(name);
  if (symbol === undefined) return undefined;
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  return (isAlias ? checker.getAliasedSymbol(symbol) : symbol).valueDeclaration;
}

/** Services share most of what they read: each file is parsed once. */
const parsed = new Map<string, ts.SourceFile | undefined>();
function hostOf(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    if (!parsed.has(name)) parsed.set(name, read(name, ...rest));
    return parsed.get(name);
  };
  return host;
}

/** IAM's name for each command: a batch is allowed by its single action. */
const iamAction = (command: string) =>
  `sqs:${command.replace(/Command$/, '').replace(/^(SendMessage|DeleteMessage|ChangeMessageVisibility)Batch$/, '$1')}`;

/** The actions of each method and function of a file, by its declaration. */
function actionsOf(program: ts.Program, file: string): Map<ts.Node | undefined, Set<string>> {
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`${file} is not part of this program.`);
  const bodies = new Map<string, ts.Node>();
  visit(source, (node) => {
    if (ts.isMethodDeclaration(node)) bodies.set(node.name.getText(), node);
    if (ts.isFunctionDeclaration(node) && node.name) bodies.set(node.name.text, node);
  });
  const commandsIn = (name: string, seen = new Set<string>()): Set<string> => {
    const body = bodies.get(name);
    if (body === undefined || seen.has(name)) return new Set();
    seen.add(name);
    const commands = new Set<string>();
    visit(body, (node) => {
      if (ts.isNewExpression(node) && node.expression.getText().endsWith('Command')) {
        commands.add(iamAction(node.expression.getText()));
      }
      for (const command of commandsIn(calleeOf(node), seen)) commands.add(command);
    });
    return commands;
  };
  return new Map([...bodies].map(([name, body]) => [body, commandsIn(name)]));
}

/** A method of its own, or a function of its file; empty where there is no such call. */
function calleeOf(node: ts.Node): string {
  if (ts.isPropertyAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword)
    return node.name.getText();
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) ? node.expression.text : '';
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}
