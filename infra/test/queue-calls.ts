import { join } from 'node:path';
import ts from 'typescript';

/**
 * What each service asks of SQS, read in its code: the methods of Queue that its program reaches, and the SDK's
 * commands in those methods. Which queue a call goes to cannot be read there.
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
  const actions = actionsOf(program, join(root, 'packages/queue/src/queue.ts'));
  const found = new Set<string>();
  for (const file of program.getSourceFiles()) {
    if (file.isDeclarationFile || !/\/(services|packages)\//.test(file.fileName)) continue;
    if (/\/packages\/(queue|testing)\//.test(file.fileName)) continue;
    visit(file, (node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const declaration = checker.getSymbolAtLocation(node.expression.name)?.valueDeclaration;
      if (declaration === undefined || !ts.isMethodDeclaration(declaration)) return;
      const owner = declaration.parent;
      if (!ts.isClassDeclaration(owner) || owner.name?.text !== 'Queue') return;
      for (const action of actions.get(declaration.name.getText()) ?? []) found.add(action);
    });
  }
  return found;
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

function actionsOf(program: ts.Program, queueFile: string): Map<string, Set<string>> {
  const source = program.getSourceFile(queueFile);
  if (source === undefined) throw new Error(`${queueFile} is not part of this program.`);
  const bodies = new Map<string, ts.Node>();
  visit(source, (node) => {
    if (ts.isMethodDeclaration(node)) bodies.set(node.name.getText(), node);
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
      if (
        ts.isPropertyAccessExpression(node) &&
        node.expression.kind === ts.SyntaxKind.ThisKeyword
      ) {
        for (const command of commandsIn(node.name.getText(), seen)) commands.add(command);
      }
    });
    return commands;
  };
  return new Map([...bodies.keys()].map((name) => [name, commandsIn(name)]));
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}
