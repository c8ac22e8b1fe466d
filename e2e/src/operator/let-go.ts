import type { Kubectl } from '../cluster/kubectl.ts';

/** Takes finalizers away where no operator is left to do so, or else their namespace would never end. */
export async function letGo(kubectl: Kubectl): Promise<void> {
  const list = JSON.parse(await kubectl(['get', 'semanticindexes', '--output=json'])) as {
    items: { metadata: { finalizers?: string[] } }[];
  };
  if (list.items.length === 0) return;
  for (const { metadata } of list.items) delete metadata.finalizers;
  await kubectl(['replace', '--filename=-'], { input: JSON.stringify(list) });
}
