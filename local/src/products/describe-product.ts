/** The words chosen for one product out of its type's. */
export interface Wording {
  noun: string;
  feature: string;
  use: string;
  benefit: string;
  otherBenefit: string;
  buyers: string;
  size: string;
  care: string;
}

type Template = (words: Wording) => string;

/** How a shop text may run. Each uses all words, so that other words are always another text. */
export const templates: readonly Template[] = [
  (w) =>
    `${capital(withArticle(w.noun))} with ${w.feature}, made ${w.use}. It ${w.benefit} and ${w.otherBenefit}. Popular with ${w.buyers}. Details: ${w.size}. ${w.care}.`,
  (w) =>
    `${capital(w.buyers)} will like this ${w.noun}: it ${w.benefit} and ${w.otherBenefit}. Made ${w.use}, with ${w.feature}. Details: ${w.size}. ${w.care}.`,
  (w) =>
    `Made ${w.use}: ${withArticle(w.noun)} that ${w.benefit}. With ${w.feature}, it also ${w.otherBenefit}. A present for ${w.buyers}. ${w.care}. Details: ${w.size}.`,
  (w) =>
    `Looking for ${withArticle(w.noun)} that ${w.benefit}? This one comes with ${w.feature} and ${w.otherBenefit}. Just right ${w.use}, say ${w.buyers}. Details: ${w.size}. ${w.care}.`,
  (w) =>
    `With ${w.feature}, this ${w.noun} ${w.benefit}. ${capital(w.buyers)} choose it ${w.use}, since it ${w.otherBenefit}. ${capital(w.size)}. ${w.care}.`,
  (w) =>
    `It ${w.benefit}, it ${w.otherBenefit}: ${withArticle(w.noun)} ${w.use}, with ${w.feature}. A favourite of ${w.buyers}. ${w.care}. Details: ${w.size}.`,
];

/** Such as `Norrvik work gloves, size 9, navy`. */
export function productName(brand: string, { noun, size }: Wording, look: string): string {
  const singular = noun.replace(/^(pair|set|box|nest) of /, '');
  return `${brand} ${singular}, ${size}, ${look}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const withArticle = (noun: string) =>
  `${/^([aeio]|u(?!sb)|led\b|lp\b)/i.test(noun) ? 'an' : 'a'} ${noun}`;
