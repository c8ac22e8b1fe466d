import { parseArgs } from 'node:util';
import { profiles, type ProfileName } from './profiles.ts';

export const help = `Usage: make loadtest [PROFILE=smoke] [TARGET=dev] [K6=here] [PAGE=URL] [ROWS=N] [NAME=name] [OUT=directory]

Loads rows, sends visitors by k6, waits until nothing is on its way, audits, and writes a report.

  PROFILE  ${Object.entries(profiles)
    .map(([name, { description }]) => `${name.padEnd(8)} ${description}`)
    .join('\n           ')}
  TARGET   dev         what \`make dev\` runs in this checkout; for a big load, make dev EMBEDDER=stub
           kubernetes  what runs on the cluster of KUBECONFIG: kind, EKS or any other
  K6       here: k6 of this machine, or its image by docker; job: inside the cluster; none: no visitors
  PAGE     the page's address; else http://127.0.0.1:8080, or a port-forward
  ROWS     rows to load in place of the profile's
  NAME     of the report's files; else PROFILE-TARGET
  OUT      directory for NAME.json, NAME.html and NAME.svg; else .aviary/loadtest
  NOTE     a sentence for the report

Exit status: 0 when every threshold is met, 1 when not, 2 when the run could not be made.
`;

export interface Order {
  profile: ProfileName;
  target: 'dev' | 'kubernetes';
  k6: 'here' | 'job' | 'none';
  page: string | undefined;
  rows: number | undefined;
  name: string;
  out: string | undefined;
  notes: string[];
}

/** @throws Error that names the faulty option. */
export function readCommandLine(args: readonly string[]): Order | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ profile: text, target: text, k6: text, page: text, rows: text, name: text, out: text },
      note: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const profile = oneOf(
    'PROFILE',
    values.profile ?? 'smoke',
    Object.keys(profiles) as ProfileName[],
  );
  const target = oneOf('TARGET', values.target ?? 'dev', ['dev', 'kubernetes']);
  const k6 = oneOf('K6', values.k6 ?? 'here', ['here', 'job', 'none']);
  if (k6 === 'job' && target === 'dev') throw new Error('K6=job needs TARGET=kubernetes.');
  const rows = values.rows === undefined ? undefined : Number(values.rows);
  if (rows !== undefined && !(Number.isInteger(rows) && rows >= 0)) {
    throw new Error(`ROWS is "${values.rows ?? ''}", and must be a whole number from 0.`);
  }
  const name = values.name ?? `${profile}-${target}`;
  if (!/^[\w.-]+$/.test(name)) {
    throw new Error(`NAME is "${name}", and may have letters, digits, dots and dashes only.`);
  }
  const page = values.page?.replace(/\/$/, '');
  if (page !== undefined && !/^https?:\/\//.test(page)) {
    throw new Error(`PAGE is "${page}", and must begin with http:// or https://.`);
  }
  return { profile, target, k6, page, rows, name, out: values.out, notes: values.note ?? [] };
}

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new Error(`${name} is "${value}", and must be one of ${choices.join(', ')}.`);
}
