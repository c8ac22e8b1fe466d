import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** One use of a metric in a query. */
export interface Selector {
  metric: string;
  /** Labels that are matched, with the value where it is matched exactly. */
  matchers: { label: string; value: string | undefined }[];
  /** Labels that aggregations and vector matching around it name. */
  grouping: string[];
  /** Labels that `label_replace` around it makes. */
  made: string[];
}

/**
 * What a PromQL query asks for.
 *
 * @throws Error that shows where the query is no PromQL.
 */
export function readQuery(query: string): Selector[] {
  const selectors: Selector[] = [];
  visit(parser.parse(query).topNode, [], []);
  return selectors;

  function visit(node: SyntaxNode, grouping: string[], made: string[]): void {
    if (node.type.isError) {
      throw new Error(`No PromQL at "${query.slice(0, node.from)}⟂${query.slice(node.from)}"`);
    }
    const here = [...grouping, ...groupingOf(node)];
    const madeHere = [...made, ...madeBy(node)];
    if (node.name === 'VectorSelector') {
      selectors.push({
        metric: textOf(node.getChild('Identifier')),
        matchers: (node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []).map(
          matcherOf,
        ),
        grouping: here,
        made: madeHere,
      });
      return;
    }
    for (let child = node.firstChild; child !== null; child = child.nextSibling) {
      visit(child, here, madeHere);
    }
  }

  /** Its second argument names the label, and is the first that is a string. */
  function madeBy(node: SyntaxNode): string[] {
    if (node.name !== 'FunctionCall') return [];
    if (textOf(node.getChild('FunctionIdentifier')) !== 'label_replace') return [];
    const [label] = node.getChild('FunctionCallBody')?.getChildren('StringLiteral') ?? [];
    return label === undefined ? [] : [textOf(label).slice(1, -1)];
  }

  function groupingOf(node: SyntaxNode): string[] {
    const modifier = node.getChild('AggregateModifier') ?? node.getChild('MatchingModifierClause');
    const labels = modifier?.getChildren('GroupingLabels') ?? [];
    return labels.flatMap((group) => group.getChildren('LabelName').map(textOf));
  }

  function matcherOf(node: SyntaxNode): Selector['matchers'][number] {
    const literal = textOf(node.getChild('StringLiteral')).slice(1, -1);
    const exact = textOf(node.getChild('MatchOp')) === '=';
    return { label: textOf(node.getChild('LabelName')), value: exact ? literal : undefined };
  }

  function textOf(node: SyntaxNode | null): string {
    return node === null ? '' : query.slice(node.from, node.to);
  }
}
