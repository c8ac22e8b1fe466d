import { spec, status } from './crd.ts';
import type { StructuralSchema } from './structural.ts';

/** Every field of spec and status in tables, as Markdown. */
export function reference(): string {
  return [...sectionsOf('spec', spec), ...sectionsOf('status', status)].join('\n\n');
}

/** Of an object, then of the objects in it. */
function sectionsOf(path: string, schema: StructuralSchema): string[] {
  const fields = fieldsOf(schema);
  const isPart = path.includes('.');
  return [
    `${isPart ? '####' : '###'} ${path}`,
    ...(isPart && schema.description !== undefined ? [schema.description] : []),
    ...wishesOf(schema),
    table(fields),
    ...fields.flatMap(({ name, field }) => {
      const suffix = field.items?.properties ? '[]' : '';
      const inner = field.items?.properties ? field.items : field;
      return inner.properties ? sectionsOf(`${path}.${name}${suffix}`, inner) : [];
    }),
  ];
}

interface Field {
  name: string;
  field: StructuralSchema;
  required: boolean;
}

/** An object of one field stands as that field, under both names. */
function fieldsOf({ properties = {}, required = [] }: StructuralSchema): Field[] {
  return Object.entries(properties).map(([name, field]) => {
    const [only, ...others] = Object.entries(field.properties ?? {});
    if (only === undefined || others.length > 0) {
      return { name, field, required: required.includes(name) };
    }
    const [innerName, inner] = only;
    const description = [field.description, inner.description].filter(Boolean).join(' ');
    return { name: `${name}.${innerName}`, field: { ...inner, description }, required: false };
  });
}

function table(fields: readonly Field[]): string {
  const hasDefaults = fields.some(({ field }) => field.default !== undefined);
  const cells = fields.map(({ name, field, required }) => [
    `\`${name}\`${required ? ', required' : ''}`,
    typeOf(field),
    ...(hasDefaults ? [defaultOf(field)] : []),
    [field.description, ...(field.properties ? [] : wishesOf(field))].join(' '),
  ]);
  const head = ['field', 'type', ...(hasDefaults ? ['default'] : []), 'meaning'];
  return [head, head.map(() => '---'), ...cells]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function typeOf({
  type,
  enum: values,
  minimum,
  maximum,
  maxLength,
  maxItems,
  items,
}: StructuralSchema): string {
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (type === 'array' && items) {
    return `list, at most ${maxItems ?? 'any number'}, of ${typeOf(items)}`;
  }
  if (type === 'string' && maxLength !== undefined) return `text, at most ${maxLength} characters`;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  return type === 'string' ? 'text' : type;
}

const defaultOf = ({ default: value }: StructuralSchema) =>
  value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

/** What a value must be, beyond its type. */
function wishesOf(field: StructuralSchema): string[] {
  return (field['x-kubernetes-validations'] ?? [])
    .filter(({ message }) => /^(must|needs|can) /.test(message))
    .map(({ message, fieldPath }) =>
      fieldPath === undefined ? `It ${message}.` : `\`${fieldPath.slice(1)}\` ${message}.`,
    );
}
